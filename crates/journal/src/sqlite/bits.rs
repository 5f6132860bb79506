//! Numbers as few bits: a bit stream with Rice codes and runs. It knows nothing of what the numbers mean,
//! and whatever bytes it is given, it answers or says `None`; it never panics.

/// Limit: ones that begin a Rice code; with more it is an escape, and the number follows in groups of seven bits.
const QUOTIENT_MAX: u32 = 20;
/// Limit: the parameter of a Rice code; larger numbers than it suits are escapes.
const PARAMETER_MAX: u32 = 31;

/// Signed as unsigned: small magnitudes stay small.
pub(super) const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(super) const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// A growing stream of bits, the highest of each byte first.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    free: u32,
}

impl Writer {
    /// The lowest `count` bits of `number`.
    pub(super) fn bits(&mut self, number: u64, count: u32) {
        for position in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((number >> position & 1) as u8) << self.free;
            }
        }
    }

    /// A number of any size in groups of seven bits, the lowest first.
    pub(super) fn number(&mut self, mut number: u64) {
        while number > 127 {
            self.bits(number & 127 | 128, 8);
            number >>= 7;
        }
        self.bits(number, 8);
    }

    fn rice(&mut self, number: u64, parameter: u32) {
        let quotient = number >> parameter;
        if quotient > u64::from(QUOTIENT_MAX) {
            self.bits(u64::MAX, QUOTIENT_MAX + 1);
            self.number(number);
        } else {
            self.bits(u64::MAX, quotient as u32);
            self.bits(0, 1);
            self.bits(number, parameter);
        }
    }

    /// A column of numbers under the parameter that makes it shortest.
    pub(super) fn column(&mut self, numbers: &[u64]) {
        let parameter = (0..=PARAMETER_MAX).min_by_key(|parameter| column_bits(numbers, *parameter)).unwrap_or(0);
        self.bits(u64::from(parameter), 5);
        for number in numbers {
            self.rice(*number, parameter);
        }
    }

    /// A column that seldom changes: what each run changes by, and how long it is.
    pub(super) fn runs(&mut self, symbols: &[i64]) {
        let mut before = 0;
        let mut steps = Vec::new();
        let mut lengths = Vec::new();
        for run in symbols.chunk_by(|a, b| a == b) {
            steps.push(zigzag(run[0].wrapping_sub(before)));
            lengths.push(run.len() as u64 - 1);
            before = run[0];
        }
        self.number(steps.len() as u64);
        self.column(&steps);
        self.column(&lengths);
    }

    /// The bytes; the last one is filled up with zeros.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

fn rice_bits(number: u64, parameter: u32) -> u64 {
    let quotient = number >> parameter;
    if quotient > u64::from(QUOTIENT_MAX) {
        let groups = (64 - number.leading_zeros()).div_ceil(7).max(1);
        u64::from(QUOTIENT_MAX) + 1 + u64::from(groups) * 8
    } else {
        quotient + 1 + u64::from(parameter)
    }
}

/// How many bits a column takes under a parameter.
fn column_bits(numbers: &[u64], parameter: u32) -> u64 {
    numbers.iter().map(|number| rice_bits(*number, parameter)).sum()
}

/// How many bits a column takes under its best parameter.
pub(super) fn best_bits(numbers: &[u64]) -> u64 {
    (0..=PARAMETER_MAX).map(|parameter| column_bits(numbers, parameter)).min().unwrap_or(0)
}

/// Reads what a [`Writer`] wrote.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader of these bytes.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bits are left; no column can be longer than this.
    fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    /// The next `count` bits.
    pub(super) fn bits(&mut self, count: u32) -> Option<u64> {
        let mut number = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            number = number << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(number)
    }

    /// The next number of any size.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for group in 0..10 {
            let bits = self.bits(8)?;
            number |= (bits & 127).checked_shl(group * 7)?;
            if bits < 128 {
                return Some(number);
            }
        }
        None
    }

    fn rice(&mut self, parameter: u32) -> Option<u64> {
        let mut quotient = 0;
        while self.bits(1)? == 1 {
            quotient += 1;
            if quotient > QUOTIENT_MAX {
                return self.number();
            }
        }
        Some(u64::from(quotient) << parameter | self.bits(parameter)?)
    }

    /// The next column of `count` numbers.
    pub(super) fn column(&mut self, count: usize) -> Option<Vec<u64>> {
        let parameter = self.bits(5)? as u32;
        if count > self.left() {
            return None;
        }
        (0..count).map(|_| self.rice(parameter)).collect()
    }

    /// The next runs, spread out to `count` symbols.
    pub(super) fn runs(&mut self, count: usize) -> Option<Vec<i64>> {
        let runs = usize::try_from(self.number()?).ok().filter(|runs| *runs <= count)?;
        let steps = self.column(runs)?;
        let lengths = self.column(runs)?;
        let mut symbols = Vec::new();
        let mut symbol = 0_i64;
        for (step, length) in steps.into_iter().zip(lengths) {
            symbol = symbol.wrapping_add(unzigzag(step));
            let length = usize::try_from(length).ok()?.checked_add(1)?;
            if length > count - symbols.len() {
                return None;
            }
            symbols.resize(symbols.len() + length, symbol);
        }
        (symbols.len() == count).then_some(symbols)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_can_be_read_again(numbers: Vec<u64>, small in proptest::collection::vec(0_u64..40, 0..50), symbols in proptest::collection::vec(-2_i64..3, 0..50), far: i64) {
            let mut writer = Writer::default();
            writer.number(numbers.len() as u64);
            writer.column(&numbers);
            writer.column(&small);
            writer.runs(&symbols);
            writer.runs(&[far, i64::MIN, i64::MAX]);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.number(), Some(numbers.len() as u64));
            prop_assert_eq!(reader.column(numbers.len()), Some(numbers));
            prop_assert_eq!(reader.column(small.len()), Some(small));
            prop_assert_eq!(reader.runs(symbols.len()), Some(symbols));
            prop_assert_eq!(reader.runs(3), Some(vec![far, i64::MIN, i64::MAX]));
        }

        #[test]
        fn the_count_of_bits_is_exact(numbers in proptest::collection::vec(0_u64..100_000, 0..50)) {
            let mut writer = Writer::default();
            writer.column(&numbers);
            prop_assert_eq!(writer.finish().len() as u64, (best_bits(&numbers) + 5).div_ceil(8));
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>, count in 0_usize..1000) {
            let _ = Reader::new(&bytes).column(count);
            let _ = Reader::new(&bytes).runs(count);
        }
    }
}
