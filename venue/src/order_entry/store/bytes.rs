//! Fields of a record as bytes, little-endian, and back.

use chrono::{Datelike, NaiveDate};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, UnixNanos};

/// Appends fields.
pub struct Writer<'v>(pub &'v mut Vec<u8>);

impl Writer<'_> {
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn flag(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn i128(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn price(&mut self, price: Price) {
        self.i64(price.0);
    }

    pub fn money(&mut self, money: Money) {
        self.i64(money.0);
    }

    pub fn time(&mut self, time: UnixNanos) {
        self.u64(time.0);
    }

    pub fn date(&mut self, date: NaiveDate) {
        self.i64(i64::from(date.num_days_from_ce()));
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).expect("a message, far below 4 GiB");
        self.u32(len);
        self.0.extend_from_slice(bytes);
    }
}

/// Reads fields; `None` where they end early or cannot be.
pub struct Reader<'b>(pub &'b [u8]);

impl<'b> Reader<'b> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub fn i128(&mut self) -> Option<i128> {
        self.array().map(i128::from_le_bytes)
    }

    pub fn price(&mut self) -> Option<Price> {
        self.i64().map(Price)
    }

    pub fn money(&mut self) -> Option<Money> {
        self.i64().map(Money)
    }

    pub fn time(&mut self) -> Option<UnixNanos> {
        self.u64().map(UnixNanos)
    }

    pub fn date(&mut self) -> Option<NaiveDate> {
        NaiveDate::from_num_days_from_ce_opt(i32::try_from(self.i64()?).ok()?)
    }

    pub fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub fn text<const N: usize>(&mut self) -> Option<Text<N>> {
        let text = std::str::from_utf8(self.bytes()?).ok()?;
        (text.len() <= N).then(|| Text::new(text))
    }
}
