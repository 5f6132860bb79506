//! Whom we pretend: people who do not exist, with their meals, insulin, nights and sensors; real readings played again;
//! and a million people at the price of a function.
//!
//! Nothing here asks the time, draws chance, reads a file or speaks: the moment, the seed and the text are parameters.
//! The modules stand in reading order. Equations and parameters of the body are those of simglucose (MIT, © 2017 Jinyu
//! Xie, `LICENSE-simglucose.txt`), which follows the UVA/Padova simulator of 2008.

mod chance;

mod sample;

mod person;

mod day;

mod sensor;

mod life;

mod replay;

mod simulated;

mod crowd;

pub use crowd::{Crowd, INTERVAL_MS};
pub use person::{Body, VirtualPerson};
pub use replay::{Recording, RecordingError, RecordingFault, recordings};
pub use sample::Sample;
pub use sensor::{Gap, GapKind};
pub use simulated::{HISTORY_MS, READINGS_PER_CALL_MAX, Scenario, Simulated};
