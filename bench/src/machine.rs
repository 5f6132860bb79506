//! What the machine says of a program and of itself: memory, processor time, bytes written, pressure. It reads /proc and nothing else.

use std::time::{Duration, Instant};

/// Above so many per cent of waiting for a processor in the last ten seconds, figures are not worth much.
pub(crate) const PRESSURE_MAX_PERCENT: f64 = 10.0;
/// The kernel counts processor time in hundredths of a second.
const TICK_US: f64 = 10_000.0;

/// The moment it is now, for measuring only.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Waits on the real clock, as a disk or a sensor would.
#[allow(clippy::disallowed_methods, reason = "a benchmark waits on the real clock")]
pub(crate) fn rest(time: Duration) {
    std::thread::sleep(time);
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|cause| format!("could not read {path}: {cause}"))
}

/// Bytes of memory that a program holds in the machine.
pub(crate) fn resident_bytes(pid: u32) -> Result<f64, String> {
    let status = read(&format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok())
        .ok_or("the machine does not say how much memory is held")?;
    Ok(kib * 1_024.0)
}

/// Processor time that a program has used, in microseconds.
pub(crate) fn processor_us(pid: u32) -> Result<f64, String> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The name stands in brackets and may hold anything; the fields behind it are counted from the state.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) * TICK_US),
        _ => Err("the machine does not say how much processor time was used".to_owned()),
    }
}

/// Bytes that this program has sent towards the disk.
pub(crate) fn written_bytes() -> Result<f64, String> {
    let io = read("/proc/self/io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).ok_or_else(|| "the machine does not say what was written".to_owned())
}

/// How many per cent of the last ten seconds somebody waited for a processor.
pub(crate) fn processor_pressure_percent() -> Option<f64> {
    let pressure = read("/proc/pressure/cpu").ok()?;
    let line = pressure.lines().find(|line| line.starts_with("some"))?;
    line.split_whitespace().find_map(|field| field.strip_prefix("avg10=")).and_then(|percent| percent.parse().ok())
}

/// Open files that this program may be given at most.
pub(crate) fn open_files_max() -> Option<u64> {
    let limits = read("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
