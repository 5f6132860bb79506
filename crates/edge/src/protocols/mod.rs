//! The ways in which the world speaks to us; each room one dialect, none knows another.

pub mod dexcom_share;
pub mod nightscout;
pub mod native;
