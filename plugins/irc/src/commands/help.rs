//! `help` and `commands`.

use super::ALL;
use super::Trouble;
use super::find;
use super::list;
use crate::call::Call;
use crate::contact::Speaker;
use crate::plain::repeated;

pub(super) fn commands(call: &mut Call<'_>, who: &Speaker, _: &[String]) -> Result<(), Trouble> {
    call.say(who.place(), list());
    Ok(())
}

pub(super) fn help(call: &mut Call<'_>, who: &Speaker, words: &[String]) -> Result<(), Trouble> {
    let Some((name, parts)) = words.split_first() else {
        let lines: Vec<String> = ALL.iter().map(|command| format!("{} - {}", command.name, command.purpose)).collect();
        call.say(who.place(), lines.join("\n"));
        return Ok(());
    };
    let Some(command) = find(name) else {
        let text = format!("There is no such command '{}'.", repeated(&name.to_lowercase()));
        call.say(who.place(), text);
        return Ok(());
    };
    let usage = match parts {
        [] => Some(command.usage),
        [part] => command.parts.iter().find(|(name, _)| name.eq_ignore_ascii_case(part)).map(|(_, usage)| *usage),
        _ => None,
    };
    let text = match usage {
        // As older documents promise it.
        Some(usage) if command.name == "commands" => format!("Usage: {usage}\n{}", list()),
        Some(usage) => format!("Usage: {usage}"),
        None => {
            let words: Vec<String> = words.iter().map(|word| format!("'{}'", repeated(word))).collect();
            format!("No usage info for {}", words.join(" "))
        }
    };
    call.say(who.place(), text);
    Ok(())
}
