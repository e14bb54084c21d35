//! That workers are missing, and back again, told to the places that want to know.

use campanile_sdk::clock_text;
use campanile_sdk::contract::WorkerReport;

use crate::call::Call;
use crate::occasions::has;
use crate::plain::plain;

/// A worker went away or came.
pub(crate) fn changed(call: &mut Call<'_>, report: &WorkerReport, topic: &str) {
    let kept_under = format!("missing/{}", report.worker.id);
    if topic.ends_with("/missing") {
        missing(call, report, kept_under);
    } else if let Some(told) = call.recall::<Vec<String>>(&kept_under) {
        call.forget(kept_under);
        let listening = listening(call);
        let text = format!("Worker `{}` is back online.", plain(&report.worker.name));
        for place in told.iter().filter(|place| listening.contains(place)) {
            call.tell(place, text.clone());
        }
    }
}

/// Those that are told now are told when it is back.
fn missing(call: &mut Call<'_>, report: &WorkerReport, kept_under: String) {
    let places = listening(call);
    if places.is_empty() {
        return;
    }
    let seen = match report.last_connection {
        Some(at) => format!("It was seen last on {}.", clock_text(at)),
        None => String::from("It was never seen."),
    };
    let text = format!("Worker `{}` is missing. {seen}", plain(&report.worker.name));
    places.iter().for_each(|place| call.tell(place, text.clone()));
    call.remember(kept_under, &places);
}

fn listening(call: &Call<'_>) -> Vec<String> {
    let all = call.places.told_of(call.settings()).into_iter();
    all.filter(|(_, events)| has(events, "worker")).map(|(place, _)| place).collect()
}
