//! Six bytes that hold one reading: place, value, arrow and source.

use keepwatch_model::glucose::{MgDl, SensorGlucose};
use keepwatch_model::trend::TrendArrow;

/// Milliseconds that a slot can lie after its base: 37 hours.
pub(super) const OFFSET_MAX_MS: i64 = (1 << OFFSET_BITS) - 1;

const OFFSET_BITS: u32 = 27;
const VALUE_BITS: u32 = 13;
const TREND_BITS: u32 = 4;
const BELOW_RANGE: u16 = (1 << VALUE_BITS) - 1;
const ABOVE_RANGE: u16 = (1 << VALUE_BITS) - 2;
const WITHDRAWN: u16 = (1 << VALUE_BITS) - 3;

/// One reading in six bytes; slots compare by place, then by source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot([u8; 6]);

/// What a slot says: glucose, or that the reading was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Glucose(SensorGlucose),
    Withdrawn,
}

impl Slot {
    /// `offset_ms` is the place after the window's base, at most [`OFFSET_MAX_MS`]; `source` is the index of its source.
    pub(super) fn new(offset_ms: i64, said: Said, trend: Option<TrendArrow>, source: u8) -> Self {
        debug_assert!((0..=OFFSET_MAX_MS).contains(&offset_ms) && source < 16);
        let value = match said {
            Said::Glucose(SensorGlucose::BelowRange) => BELOW_RANGE,
            Said::Glucose(SensorGlucose::AboveRange) => ABOVE_RANGE,
            Said::Glucose(SensorGlucose::Measured(mg_dl)) => mg_dl.tenths(),
            Said::Withdrawn => WITHDRAWN,
        };
        let low = u64::from(value) << TREND_BITS | u64::from(trend.map_or(0, TrendArrow::number));
        let order = (offset_ms as u64) << 4 | u64::from(source);
        let bits = order << (VALUE_BITS + TREND_BITS) | low;
        let bytes = bits.to_be_bytes();
        Self([bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    const fn bits(self) -> u64 {
        let b = self.0;
        u64::from_be_bytes([0, 0, b[0], b[1], b[2], b[3], b[4], b[5]])
    }

    /// What slots are ordered by: place, then source.
    pub(super) const fn order(self) -> u64 {
        self.bits() >> (VALUE_BITS + TREND_BITS)
    }

    pub(super) const fn offset_ms(self) -> i64 {
        (self.order() >> 4) as i64
    }

    pub(super) const fn source(self) -> u8 {
        (self.order() & 15) as u8
    }

    pub(super) fn said(self) -> Said {
        match (self.bits() >> TREND_BITS) as u16 & BELOW_RANGE {
            BELOW_RANGE => Said::Glucose(SensorGlucose::BelowRange),
            ABOVE_RANGE => Said::Glucose(SensorGlucose::AboveRange),
            WITHDRAWN => Said::Withdrawn,
            tenths => Said::Glucose(SensorGlucose::Measured(MgDl::from_tenths(tenths))),
        }
    }

    pub(super) fn trend(self) -> Option<TrendArrow> {
        TrendArrow::from_number((self.bits() & 15) as i64)
    }

    /// The same reading, seen from a base that lies `ms` later.
    pub(super) fn rebased(self, ms: i64) -> Self {
        Self::new(self.offset_ms() - ms, self.said(), self.trend(), self.source())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_can_be_unpacked(offset in 0..=OFFSET_MAX_MS, tenths in 0_u16..=6_000, trend in 0_i64..=8, source in 0_u8..16) {
            let said = Said::Glucose(SensorGlucose::Measured(MgDl::from_tenths(tenths)));
            let trend = TrendArrow::from_number(trend);
            let slot = Slot::new(offset, said, trend, source);
            prop_assert_eq!((slot.offset_ms(), slot.said(), slot.trend(), slot.source()), (offset, said, trend, source));
        }
    }

    #[test]
    fn words_are_not_numbers() {
        for said in
            [Said::Withdrawn, Said::Glucose(SensorGlucose::BelowRange), Said::Glucose(SensorGlucose::AboveRange)]
        {
            assert_eq!(Slot::new(5, said, None, 15).said(), said);
        }
    }
}
