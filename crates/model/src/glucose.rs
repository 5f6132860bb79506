//! Sensor glucose: mg/dL inside, in tenths; outside the sensor's range it is a word, never a number.
//! The one conversion to mmol/L stands here.

use serde::{Deserialize, Serialize};
use std::fmt;

/// mg/dL in one mmol/L: 180.156 g/mol, to the deciliter.
pub const MG_DL_PER_MMOL_L: f64 = 18.0156;
/// Values up to this are error codes of the sensor, not glucose (mg/dL, in tenths).
pub const SENSOR_CODE_MAX_TENTHS: i64 = 120;
/// The smallest value that a sensor measures (mg/dL, in tenths).
pub const MEASURED_MIN_TENTHS: i64 = 400;
/// The largest value that we take for a measurement (mg/dL, in tenths).
pub const MEASURED_MAX_TENTHS: i64 = 6_000;

/// Glucose in mg/dL, kept in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MgDl(u16);

impl MgDl {
    /// So many tenths of a mg/dL.
    pub const fn from_tenths(tenths: u16) -> Self {
        Self(tenths)
    }

    /// Tenths of a mg/dL.
    pub const fn tenths(self) -> u16 {
        self.0
    }

    /// The number as mg/dL with at most one decimal.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// Whole mg/dL, half away from zero.
    pub const fn rounded(self) -> u16 {
        (self.0 + 5) / 10
    }

    /// Tenths of a mmol/L, half away from zero: what a screen in mmol/L shows.
    pub fn mmol_l_tenths(self) -> u16 {
        (f64::from(self.0) / MG_DL_PER_MMOL_L).round() as u16
    }
}

/// The unit that somebody reads glucose in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Milligrams per deciliter.
    #[default]
    #[serde(rename = "mg/dL")]
    MgDl,
    /// Millimoles per liter.
    #[serde(rename = "mmol/L")]
    MmolL,
}

impl Unit {
    /// The unit as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MgDl => "mg/dL",
            Self::MmolL => "mmol/L",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a sensor says: a measurement, or that it cannot measure so low or so high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SensorGlucose {
    /// Lower than the sensor can measure.
    BelowRange,
    /// A measurement.
    Measured(MgDl),
    /// Higher than the sensor can measure.
    AboveRange,
}

/// What an uploader reports, before it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// A number, in tenths of mg/dL.
    Tenths(i64),
    /// The word for "below range".
    BelowRange,
    /// The word for "above range".
    AboveRange,
}

impl Reported {
    /// A number in mg/dL as it came; `None` when it is not a number at all.
    pub fn from_mg_dl(number: f64) -> Option<Self> {
        number.is_finite().then(|| Self::Tenths((number * 10.0).round().clamp(-1e12, 1e12) as i64))
    }

    /// A number in mmol/L as it came; `None` when it is not a number at all.
    pub fn from_mmol_l(number: f64) -> Option<Self> {
        Self::from_mg_dl(number * MG_DL_PER_MMOL_L)
    }

    /// A number of Dexcom's dialects, where exactly 401 stands for "above range".
    pub fn from_dexcom(number: f64) -> Option<Self> {
        if (number - 401.0).abs() < 1e-9 { Some(Self::AboveRange) } else { Self::from_mg_dl(number) }
    }
}

/// Why a reported value is not sensor glucose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotGlucose {
    /// 12 and below: the sensor's own error code.
    SensorCode,
    /// Above 600: no sensor measures this.
    TooHigh,
}

impl SensorGlucose {
    /// Sensor glucose from what was reported; nothing is clamped (decisions, section 2).
    pub fn checked(reported: Reported) -> Result<Self, NotGlucose> {
        match reported {
            Reported::BelowRange => Ok(Self::BelowRange),
            Reported::AboveRange => Ok(Self::AboveRange),
            Reported::Tenths(tenths) if tenths <= SENSOR_CODE_MAX_TENTHS => Err(NotGlucose::SensorCode),
            Reported::Tenths(tenths) if tenths < MEASURED_MIN_TENTHS => Ok(Self::BelowRange),
            Reported::Tenths(tenths) if tenths <= MEASURED_MAX_TENTHS => Ok(Self::Measured(MgDl(tenths as u16))),
            Reported::Tenths(_) => Err(NotGlucose::TooHigh),
        }
    }

    /// The measurement, if it is one.
    pub const fn measured(self) -> Option<MgDl> {
        match self {
            Self::Measured(mg_dl) => Some(mg_dl),
            Self::BelowRange | Self::AboveRange => None,
        }
    }

    /// How Dexcom's dialects write it: whole mg/dL, 39 for below and 401 for anything above 400.
    pub const fn as_dexcom(self) -> u16 {
        match self {
            Self::BelowRange => 39,
            Self::AboveRange => 401,
            Self::Measured(mg_dl) if mg_dl.rounded() > 400 => 401,
            Self::Measured(mg_dl) => mg_dl.rounded(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(mg_dl: f64) -> Result<SensorGlucose, NotGlucose> {
        SensorGlucose::checked(Reported::from_mg_dl(mg_dl).expect("a number"))
    }

    #[test]
    fn the_borders_of_glucose() {
        assert_eq!(checked(-3.0), Err(NotGlucose::SensorCode));
        assert_eq!(checked(12.0), Err(NotGlucose::SensorCode));
        assert_eq!(checked(12.1), Ok(SensorGlucose::BelowRange));
        assert_eq!(checked(39.9), Ok(SensorGlucose::BelowRange));
        assert_eq!(checked(40.0), Ok(SensorGlucose::Measured(MgDl(400))));
        assert_eq!(checked(401.0), Ok(SensorGlucose::Measured(MgDl(4010))));
        assert_eq!(checked(600.0), Ok(SensorGlucose::Measured(MgDl(6000))));
        assert_eq!(checked(600.1), Err(NotGlucose::TooHigh));
    }

    #[test]
    fn in_dexcoms_dialect_exactly_401_is_above_range() {
        assert_eq!(Reported::from_dexcom(401.0), Some(Reported::AboveRange));
        assert_eq!(Reported::from_dexcom(402.0), Some(Reported::Tenths(4020)));
        assert_eq!(SensorGlucose::Measured(MgDl(4500)).as_dexcom(), 401);
        assert_eq!(SensorGlucose::Measured(MgDl(4000)).as_dexcom(), 400);
        assert_eq!(SensorGlucose::BelowRange.as_dexcom(), 39);
    }

    #[test]
    fn mmol_l_is_rounded_once() {
        for (tenths, mmol_tenths) in [(400, 22), (550, 31), (700, 39), (1000, 56), (1800, 100), (2500, 139)] {
            assert_eq!(MgDl(tenths).mmol_l_tenths(), mmol_tenths, "{tenths}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_reported() {
        assert_eq!(Reported::from_mg_dl(f64::NAN), None);
        assert_eq!(Reported::from_mg_dl(f64::INFINITY), None);
    }
}
