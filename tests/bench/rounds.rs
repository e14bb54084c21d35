//! Turns, medians, percentiles, and the CPU time of this process.

/// How often limit and figure take turns.
pub(crate) const ROUNDS: usize = 5;

/// Measures both in turns. The medians: of the figure, of the limit, and of their ratios within a round.
pub(crate) fn in_turns(mut figure: impl FnMut() -> f64, mut limit: impl FnMut() -> f64) -> (f64, f64, f64) {
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (figure(), limit())).collect();
    let median_of = |value: fn(&(f64, f64)) -> f64| median(rounds.iter().map(value).collect());
    (median_of(|round| round.0), median_of(|round| round.1), median_of(|round| round.0 / round.1))
}

pub(crate) fn median(values: Vec<f64>) -> f64 {
    percentile(values, 0.5)
}

/// `part` of the values are not above it.
pub(crate) fn percentile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = ((values.len().max(1) - 1) as f64 * part).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// Seconds of CPU that this process has used, to 10 ms: user and system, all threads.
pub(crate) fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // Behind the name, which may hold anything: state is field 3, utime 14, stime 15, in ticks of 10 ms.
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() / 100.0
}
