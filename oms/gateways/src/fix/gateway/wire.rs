//! Between the core's identities and the wire's names.

use crate::fix::codec::{FieldWriter, TimePrecision};
use crate::fix::tags;
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Side, UnixNanos};

/// Identities on the wire: `{epoch:x}-{number:016x}`, where the number is a `ClOrdID` (tag 11) or
/// an `OrdStatusReqID` (tag 790). The epoch of the journal keeps what one journal sent apart from
/// what another did.
#[derive(Clone, Copy, Debug)]
pub(super) struct WireIds {
    prefix: Text<17>,
}

impl WireIds {
    const DIGITS: usize = 16;

    pub fn new(epoch: u64) -> WireIds {
        WireIds { prefix: Text::new(&format!("{epoch:x}-")) }
    }

    pub fn write(&self, w: &mut FieldWriter<'_>, tag: u32, id: ClOrdId) {
        self.write_number(w, tag, id.0);
    }

    pub fn write_number(&self, w: &mut FieldWriter<'_>, tag: u32, number: u64) {
        let prefix = self.prefix.as_bytes();
        let mut text = [0; 17 + Self::DIGITS];
        text[..prefix.len()].copy_from_slice(prefix);
        for (at, digit) in text[prefix.len()..][..Self::DIGITS].iter_mut().enumerate() {
            let nibble = (number >> (60 - 4 * at)) as usize & 0xf;
            *digit = b"0123456789abcdef"[nibble];
        }
        w.raw(tag, &text[..prefix.len() + Self::DIGITS]);
    }

    /// The identity; [`ClOrdId::NONE`] when it is not one of this epoch's.
    pub fn parse(&self, text: &[u8]) -> ClOrdId {
        self.parse_number(text).map_or(ClOrdId::NONE, ClOrdId)
    }

    /// The number; `None` when it is not one of this epoch's.
    pub fn parse_number(&self, text: &[u8]) -> Option<u64> {
        let digits = text.strip_prefix(self.prefix.as_bytes());
        let digits = digits.filter(|digits| digits.len() == Self::DIGITS)?;
        digits.iter().try_fold(0u64, |number, digit| {
            let nibble = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            Some(number << 4 | u64::from(nibble))
        })
    }
}

/// The names of instruments and accounts, by their place in the run's tables.
pub(super) struct Names {
    symbols: [Text<24>; INSTRUMENTS_MAX],
    accounts: [Text<24>; ACCOUNTS_MAX],
}

impl Names {
    pub fn new() -> Names {
        Names { symbols: [Text::EMPTY; INSTRUMENTS_MAX], accounts: [Text::EMPTY; ACCOUNTS_MAX] }
    }

    pub fn set_symbol(&mut self, instrument: InstrumentId, symbol: Text<24>) {
        if let Some(place) = self.symbols.get_mut(usize::from(instrument.0)) {
            *place = symbol;
        }
    }

    pub fn set_account(&mut self, account: AccountId, name: Text<24>) {
        if let Some(place) = self.accounts.get_mut(usize::from(account.0)) {
            *place = name;
        }
    }

    pub fn instrument(&self, symbol: &[u8]) -> Option<InstrumentId> {
        let at = self.symbols.iter().position(|s| !s.is_empty() && s.as_bytes() == symbol)?;
        Some(InstrumentId(at as u16))
    }

    pub fn account_of(&self, name: &[u8]) -> Option<AccountId> {
        let at = self.accounts.iter().position(|a| !a.is_empty() && a.as_bytes() == name)?;
        Some(AccountId(at as u16))
    }

    fn symbol(&self, instrument: InstrumentId) -> Option<&Text<24>> {
        self.symbols.get(usize::from(instrument.0)).filter(|symbol| !symbol.is_empty())
    }

    pub fn account(&self, account: AccountId) -> Option<&Text<24>> {
        self.accounts.get(usize::from(account.0)).filter(|name| !name.is_empty())
    }
}

/// An order message with its names looked up: ready to be written.
pub(super) struct OrderMessage<'n> {
    record: &'n OutboundRecord,
    symbol: &'n Text<24>,
    account: &'n Text<24>,
}

impl<'n> OrderMessage<'n> {
    /// `None` when the instrument or the account has no name.
    pub fn new(record: &'n OutboundRecord, names: &'n Names) -> Option<OrderMessage<'n>> {
        let symbol = names.symbol(record.instrument)?;
        let account = names.account(record.account)?;
        Some(OrderMessage { record, symbol, account })
    }

    pub fn msg_type(&self) -> &'static [u8] {
        match self.record.kind {
            OutboundKind::New => tags::NEW_ORDER_SINGLE,
            OutboundKind::Cancel => tags::ORDER_CANCEL_REQUEST,
            OutboundKind::Replace => tags::ORDER_CANCEL_REPLACE_REQUEST,
            OutboundKind::StatusRequest => tags::ORDER_STATUS_REQUEST,
        }
    }

    /// The fields after the header (FIX 4.4 volume 4). CME's `ManualOrderIndicator` says that no
    /// hand sent it.
    pub fn write(
        &self,
        w: &mut FieldWriter<'_>,
        ids: &WireIds,
        now: UnixNanos,
        precision: TimePrecision,
    ) {
        let record = self.record;
        ids.write(w, tags::CL_ORD_ID, record.cl_ord_id);
        if matches!(record.kind, OutboundKind::Cancel | OutboundKind::Replace) {
            ids.write(w, tags::ORIG_CL_ORD_ID, record.orig_cl_ord_id);
        }
        if record.kind == OutboundKind::StatusRequest {
            ids.write_number(w, tags::ORD_STATUS_REQ_ID, record.ord_status_req_id);
        }
        w.raw(tags::ACCOUNT, self.account.as_bytes());
        w.raw(tags::SYMBOL, self.symbol.as_bytes());
        let side = match record.side {
            Side::Buy => b'1',
            Side::Sell => b'2',
        };
        w.char(tags::SIDE, side);
        if record.kind == OutboundKind::StatusRequest {
            return;
        }
        w.time(tags::TRANSACT_TIME, now, precision);
        w.uint(tags::ORDER_QTY, u64::from(record.qty));
        if matches!(record.kind, OutboundKind::New | OutboundKind::Replace) {
            w.char(tags::HANDL_INST, b'1');
            w.char(tags::ORD_TYPE, b'2');
            w.price(tags::PRICE, record.price);
            let time_in_force = match record.time_in_force {
                TimeInForce::Day => b'0',
                TimeInForce::ImmediateOrCancel => b'3',
            };
            w.char(tags::TIME_IN_FORCE, time_in_force);
        }
        w.bool(tags::MANUAL_ORDER_INDICATOR, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::codec::encode_fields;
    use gauntlet_model::ids::BotId;
    use gauntlet_model::input::Route;
    use gauntlet_model::units::Price;
    use proptest::prelude::*;

    fn text_of(ids: &WireIds, id: ClOrdId) -> Vec<u8> {
        let mut buffer = [0; 64];
        let len = encode_fields(&mut buffer, |w| ids.write(w, 11, id)).expect("fits");
        buffer[3..len - 1].to_vec()
    }

    #[test]
    fn an_identity_carries_its_journals_epoch() {
        let ids = WireIds::new(0x6588_c6ac);
        assert_eq!(text_of(&ids, ClOrdId(0xabc)), b"6588c6ac-0000000000000abc");
        assert_eq!(ids.parse(b"6588c6ac-0000000000000abc"), ClOrdId(0xabc));
        for other in [
            &b"6588c6ad-0000000000000abc"[..],
            b"6588c6ac-0000000000000ABC",
            b"6588c6ac-abc",
            b"6588c6ac-0000000000000abcd",
            b"6588c6ac0000000000000abc",
            b"manual order",
            b"",
        ] {
            assert_eq!(ids.parse(other), ClOrdId::NONE);
        }
    }

    fn written(kind: OutboundKind) -> String {
        let mut names = Names::new();
        names.set_symbol(InstrumentId(3), Text::new("ESH4"));
        names.set_account(AccountId(1), Text::new("ACC"));
        let record = OutboundRecord {
            route: Route::BROKER,
            kind,
            cl_ord_id: ClOrdId(0x20),
            orig_cl_ord_id: ClOrdId(0x10),
            ord_status_req_id: 0x30,
            bot: BotId(0),
            account: AccountId(1),
            instrument: InstrumentId(3),
            side: Side::Sell,
            qty: 2,
            price: Price(4_791_250_000_000),
            time_in_force: TimeInForce::ImmediateOrCancel,
        };
        let message = OrderMessage::new(&record, &names).expect("named");
        let mut buffer = [0; 512];
        let len = encode_fields(&mut buffer, |w| {
            w.raw(35, message.msg_type());
            message.write(w, &WireIds::new(1), UnixNanos(0), TimePrecision::Millis);
        })
        .expect("fits");
        String::from_utf8(buffer[..len].to_vec()).expect("ascii").replace('\x01', "|")
    }

    #[test]
    fn order_messages_carry_the_fields_of_the_standard_and_of_cme() {
        assert_eq!(
            written(OutboundKind::New),
            "35=D|11=1-0000000000000020|1=ACC|55=ESH4|54=2|60=19700101-00:00:00.000|38=2|\
             21=1|40=2|44=4791.25|59=3|1028=N|"
        );
        assert_eq!(
            written(OutboundKind::Cancel),
            "35=F|11=1-0000000000000020|41=1-0000000000000010|1=ACC|55=ESH4|54=2|\
             60=19700101-00:00:00.000|38=2|1028=N|"
        );
        assert_eq!(
            written(OutboundKind::Replace),
            "35=G|11=1-0000000000000020|41=1-0000000000000010|1=ACC|55=ESH4|54=2|\
             60=19700101-00:00:00.000|38=2|21=1|40=2|44=4791.25|59=3|1028=N|"
        );
        assert_eq!(
            written(OutboundKind::StatusRequest),
            "35=H|11=1-0000000000000020|790=1-0000000000000030|1=ACC|55=ESH4|54=2|"
        );
    }

    proptest! {
        #[test]
        fn every_identity_round_trips(epoch in any::<u64>(), id in any::<u64>()) {
            let ids = WireIds::new(epoch);
            prop_assert_eq!(ids.parse(&text_of(&ids, ClOrdId(id))), ClOrdId(id));
        }
    }
}
