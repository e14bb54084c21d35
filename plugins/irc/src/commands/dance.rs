//! `dance`: five lines, each in its time, by wake-ups.

use super::Trouble;
use crate::call::Call;
use crate::contact::Speaker;

/// What is said, and after how many milliseconds from the line before.
const STEPS: [(&str, u32); 5] =
    [(r"\o\", 1_000), (r"\o/", 1_000), (r"/o/", 1_000), (r"_o_", 500), (r"\o/ <( ta-da! )", 1_500)];

pub(super) fn begin(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    call.wake(key(0, who.place()), STEPS[0].1);
    Ok(())
}

/// It is time for a line.
pub(crate) fn go_on(call: &mut Call<'_>, key: &str) {
    let mut words = key.splitn(3, ' ');
    let (Some("dance"), Some(step), Some(place)) = (words.next(), words.next(), words.next()) else { return };
    let Some((at, (line, _))) = step.parse::<usize>().ok().and_then(|at| Some((at, STEPS.get(at)?))) else { return };
    call.say(place, *line);
    if let Some((_, wait)) = STEPS.get(at + 1) {
        call.wake(self::key(at + 1, place), *wait);
    }
}

/// Who begins anew while it goes on begins at the first line.
fn key(step: usize, place: &str) -> String {
    format!("dance {step} {place}")
}
