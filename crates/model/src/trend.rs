//! The trend arrow: the sensor's own where it sent one, else from the rate of change.

use serde::{Deserialize, Serialize};

/// Where glucose is heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TrendArrow {
    /// Rising faster than 3 mg/dL a minute.
    DoubleUp = 1,
    /// Rising 2 to 3 mg/dL a minute.
    SingleUp = 2,
    /// Rising 1 to 2 mg/dL a minute.
    FortyFiveUp = 3,
    /// Within 1 mg/dL a minute.
    Flat = 4,
    /// Falling 1 to 2 mg/dL a minute.
    FortyFiveDown = 5,
    /// Falling 2 to 3 mg/dL a minute.
    SingleDown = 6,
    /// Falling faster than 3 mg/dL a minute.
    DoubleDown = 7,
    /// The sensor says that it cannot tell.
    NotComputable = 8,
}

impl TrendArrow {
    /// Every arrow, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::DoubleUp,
        Self::SingleUp,
        Self::FortyFiveUp,
        Self::Flat,
        Self::FortyFiveDown,
        Self::SingleDown,
        Self::DoubleDown,
        Self::NotComputable,
    ];

    /// The number by which Dexcom's dialects and our stores know it, 1 to 8.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The arrow of a number; 9 (rate out of range) is not computable, others are none.
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            1..=8 => Some(Self::ALL[number as usize - 1]),
            9 => Some(Self::NotComputable),
            _ => None,
        }
    }

    /// The arrow for a rate of change (mg/dL per minute; clinical facts, section 2).
    pub fn for_rate(mg_dl_per_minute: f64) -> Self {
        match mg_dl_per_minute {
            rate if rate.is_nan() => Self::NotComputable,
            rate if rate > 3.0 => Self::DoubleUp,
            rate if rate > 2.0 => Self::SingleUp,
            rate if rate > 1.0 => Self::FortyFiveUp,
            rate if rate >= -1.0 => Self::Flat,
            rate if rate >= -2.0 => Self::FortyFiveDown,
            rate if rate >= -3.0 => Self::SingleDown,
            _ => Self::DoubleDown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_arrows_agree() {
        for arrow in TrendArrow::ALL {
            assert_eq!(TrendArrow::from_number(i64::from(arrow.number())), Some(arrow));
        }
        assert_eq!(TrendArrow::from_number(0), None);
        assert_eq!(TrendArrow::from_number(-4), None);
    }

    #[test]
    fn the_borders_of_the_arrows() {
        let cases =
            [(3.1, 1), (3.0, 2), (2.0, 3), (1.0, 4), (-1.0, 4), (-1.1, 5), (-2.0, 5), (-2.1, 6), (-3.0, 6), (-3.1, 7)];
        for (rate, number) in cases {
            assert_eq!(TrendArrow::for_rate(rate).number(), number, "{rate}");
        }
    }
}
