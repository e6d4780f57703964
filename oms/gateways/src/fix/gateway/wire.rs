//! Between the core's identities and the wire's names.

use crate::fix::codec::{FieldWriter, TimePrecision, encode_fields};
use crate::fix::profile::{CUSTOM_VALUE_MAX, OrderProfile};
use crate::fix::tags;
use gauntlet_manager::order_manager::Draft;
use gauntlet_model::effect::{OrderAdopted, OrderType, OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{
    ACCOUNTS_MAX, AccountId, BOTS_MAX, BotId, ClOrdId, INSTRUMENTS_MAX, InstrumentId,
};
use gauntlet_model::input::BotIdentity;
use gauntlet_model::order::Terms;
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

/// Most bytes that name what decided an order: algorithm, version, bot and owner.
const IDENTITY_BYTES: usize = 96;

/// The names of instruments and accounts, by their place in the run's tables.
pub(super) struct Names {
    symbols: [Text<24>; INSTRUMENTS_MAX],
    accounts: [Text<24>; ACCOUNTS_MAX],
    /// How the broker calls orders that were taken over.
    adopted: Vec<OrderAdopted>,
    /// What an order of each bot is named by, if the broker wants that.
    identities: Box<[Text<IDENTITY_BYTES>]>,
    /// Where.
    identity_tag: Option<u32>,
    /// Whether order messages say if a hand sent them.
    says_manual: bool,
    /// Fields that the broker wants with new orders and replaces, encoded.
    order_fields: Box<[u8]>,
    /// The same with cancels.
    cancel_fields: Box<[u8]>,
    /// Accounts that are called otherwise on the wire, by their names here.
    account_names: Vec<(String, Text<24>)>,
}

/// Orders whose names at the broker are kept: for one more the oldest is forgotten.
const ADOPTED_MAX: usize = gauntlet_manager::order_manager::ADOPTED_MAX;

/// How a broker calls an order whose client gave it no name that could be said: by its own.
fn name_of(adopted: &OrderAdopted) -> &Text<32> {
    if adopted.client_id.is_empty() { &adopted.order_id } else { &adopted.client_id }
}

impl Names {
    pub fn new() -> Names {
        Names {
            symbols: [Text::EMPTY; INSTRUMENTS_MAX],
            accounts: [Text::EMPTY; ACCOUNTS_MAX],
            adopted: Vec::with_capacity(ADOPTED_MAX),
            identities: vec![Text::EMPTY; BOTS_MAX].into_boxed_slice(),
            identity_tag: None,
            says_manual: false,
            order_fields: Box::default(),
            cancel_fields: Box::default(),
            account_names: Vec::new(),
        }
    }

    /// Has order messages dressed as a broker wants them.
    pub fn set_profile(&mut self, profile: &OrderProfile) {
        self.says_manual = profile.says_manual;
        self.order_fields = encoded(&profile.order_tags);
        self.cancel_fields = encoded(&profile.cancel_tags);
        let names = profile.account_names.iter();
        self.account_names = names.map(|(here, wire)| (here.clone(), Text::new(wire))).collect();
    }

    /// The fields that the broker wants with a message of this kind.
    fn custom_fields(&self, kind: OutboundKind) -> &[u8] {
        match kind {
            OutboundKind::New | OutboundKind::Replace => &self.order_fields,
            OutboundKind::Cancel => &self.cancel_fields,
            OutboundKind::StatusRequest => &[],
        }
    }

    /// An order that only the broker knew is one of ours.
    pub fn adopt(&mut self, adopted: &OrderAdopted) {
        self.adopted.retain(|known| known.order != adopted.order);
        if self.adopted.len() == ADOPTED_MAX {
            self.adopted.remove(0);
        }
        self.adopted.push(*adopted);
    }

    fn adopted(&self, order: ClOrdId) -> Option<&OrderAdopted> {
        self.adopted.iter().find(|known| order.is_some() && known.order == order)
    }

    /// Has orders named in a field with this tag.
    pub fn name_orders_in(&mut self, tag: Option<u32>) {
        self.identity_tag = tag;
    }

    /// What a bot's orders are named by: algorithm, version, bot and owner.
    pub fn set_identity(&mut self, identity: &BotIdentity) {
        let BotIdentity { bot, algorithm, version, owner } = identity;
        if let Some(place) = self.identities.get_mut(usize::from(bot.0)) {
            *place = Text::format(format_args!("{algorithm}/{version}/{}/{owner}", bot.0));
        }
    }

    /// The field that names an order of a bot, if there is one.
    fn identity(&self, bot: BotId) -> Option<(u32, &Text<IDENTITY_BYTES>)> {
        let identity = self.identities.get(usize::from(bot.0)).filter(|text| !text.is_empty());
        self.identity_tag.zip(identity)
    }

    pub fn set_symbol(&mut self, instrument: InstrumentId, symbol: Text<24>) {
        if let Some(place) = self.symbols.get_mut(usize::from(instrument.0)) {
            *place = symbol;
        }
    }

    pub fn set_account(&mut self, account: AccountId, name: Text<24>) {
        let renamed = self.account_names.iter().find(|(here, _)| *here == name.as_str());
        let name = renamed.map_or(name, |(_, wire)| *wire);
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

/// Fields as they go into every message.
fn encoded(tags: &[(u32, String)]) -> Box<[u8]> {
    let mut buffer = vec![0; tags.len() * (CUSTOM_VALUE_MAX + 12)];
    let len = encode_fields(&mut buffer, |w| {
        tags.iter().for_each(|(tag, value)| w.text(*tag, value));
    });
    buffer.truncate(len.unwrap_or(0));
    buffer.into_boxed_slice()
}

/// An order message with its names looked up: ready to be written.
pub(super) struct OrderMessage<'n> {
    record: &'n OutboundRecord,
    terms: &'n Terms,
    order_type: OrderType,
    life: TimeInForce,
    symbol: &'n Text<24>,
    account: &'n Text<24>,
    /// How its broker calls it, of an order that was taken over and has no name of ours there.
    adopted: Option<&'n OrderAdopted>,
    identity: Option<(u32, &'n Text<IDENTITY_BYTES>)>,
    says_manual: bool,
    custom_fields: &'n [u8],
}

impl<'n> OrderMessage<'n> {
    /// `None` when the instrument or the account has no name.
    pub fn new(draft: &'n Draft, names: &'n Names) -> Option<OrderMessage<'n>> {
        let (record, terms) = (draft.record(), draft.terms());
        let symbol = names.symbol(record.instrument)?;
        let account = names.account(record.account)?;
        let named = match record.kind {
            OutboundKind::New => ClOrdId::NONE,
            OutboundKind::Cancel | OutboundKind::Replace => record.orig_cl_ord_id,
            OutboundKind::StatusRequest => record.cl_ord_id,
        };
        let adopted = names.adopted(named);
        let (order_type, life) = (draft.order_type(), draft.life());
        let identity = names.identity(record.bot);
        let (says_manual, custom_fields) = (names.says_manual, names.custom_fields(record.kind));
        Some(OrderMessage {
            record,
            terms,
            order_type,
            life,
            symbol,
            account,
            adopted,
            identity,
            says_manual,
            custom_fields,
        })
    }

    pub fn msg_type(&self) -> &'static [u8] {
        match self.record.kind {
            OutboundKind::New => tags::NEW_ORDER_SINGLE,
            OutboundKind::Cancel => tags::ORDER_CANCEL_REQUEST,
            OutboundKind::Replace => tags::ORDER_CANCEL_REPLACE_REQUEST,
            OutboundKind::StatusRequest => tags::ORDER_STATUS_REQUEST,
        }
    }

    /// The fields after the header (FIX 4.4 volume 4), and what the broker wants besides.
    pub fn write(
        &self,
        w: &mut FieldWriter<'_>,
        ids: &WireIds,
        now: UnixNanos,
        precision: TimePrecision,
    ) {
        let record = self.record;
        let asks = record.kind == OutboundKind::StatusRequest;
        match self.adopted.filter(|_| asks) {
            Some(adopted) => w.raw(tags::CL_ORD_ID, name_of(adopted).as_bytes()),
            None => ids.write(w, tags::CL_ORD_ID, record.cl_ord_id),
        }
        if matches!(record.kind, OutboundKind::Cancel | OutboundKind::Replace) {
            match self.adopted {
                Some(adopted) => w.raw(tags::ORIG_CL_ORD_ID, name_of(adopted).as_bytes()),
                None => ids.write(w, tags::ORIG_CL_ORD_ID, record.orig_cl_ord_id),
            }
        }
        if let Some(adopted) = self.adopted {
            w.raw(tags::ORDER_ID, adopted.order_id.as_bytes());
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
            self.write_terms(w, precision);
        }
        if self.says_manual {
            w.bool(tags::MANUAL_ORDER_INDICATOR, record.bot.is_desk());
        }
        w.encoded(self.custom_fields);
        if let Some((tag, identity)) = self.identity {
            w.raw(tag, identity.as_bytes());
        }
    }

    /// How it is priced and how long it lives. A date is told as a time (`ExpireTime`), since a date alone
    /// (`ExpireDate`) would be the venue's day.
    fn write_terms(&self, w: &mut FieldWriter<'_>, precision: TimePrecision) {
        let OutboundRecord { price, .. } = *self.record;
        w.char(tags::HANDL_INST, b'1');
        w.char(tags::ORD_TYPE, self.order_type.code());
        if self.order_type.is_limited() {
            w.price(tags::PRICE, price);
        }
        if self.order_type.is_stop() {
            w.price(tags::STOP_PX, self.terms.stop_px);
        }
        w.char(tags::TIME_IN_FORCE, self.life.code());
        if self.life == TimeInForce::GoodTillDate {
            w.time(tags::EXPIRE_TIME, self.terms.expires, precision);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_manager::order_manager::Outbound;
    use gauntlet_model::effect::Emulation;
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

    #[test]
    fn orders_are_named_where_the_broker_wants_that_and_nowhere_else() {
        let identity = |bot| BotIdentity {
            bot: BotId(bot),
            algorithm: Text::new("orb_breakout"),
            version: Text::new("0123456789ab"),
            owner: Text::new("ann"),
        };
        let message = |tag: Option<u32>, kind: OutboundKind, bot: BotId| {
            let mut names = Names::new();
            names.name_orders_in(tag);
            [identity(0), identity(u16::MAX)].iter().for_each(|of| names.set_identity(of));
            written_by(&mut names, kind, Terms::LIMIT, TimeInForce::Day, bot)
        };
        let named = "|9001=orb_breakout/0123456789ab/0/ann|";
        for kind in [OutboundKind::New, OutboundKind::Replace, OutboundKind::Cancel] {
            assert!(message(Some(9_001), kind, BotId(0)).contains(named));
            assert!(!message(None, kind, BotId(0)).contains("orb_breakout"));
        }
        assert!(!message(Some(9_001), OutboundKind::StatusRequest, BotId(0)).contains("9001="));
        for nobody in [BotId(1), BotId(BOTS_MAX as u16), BotId(u16::MAX)] {
            assert!(!message(Some(9_001), OutboundKind::New, nobody).contains("9001="));
        }
    }

    fn written(kind: OutboundKind) -> String {
        written_with(kind, Terms::LIMIT, TimeInForce::ImmediateOrCancel, BotId(0))
    }

    fn written_with(
        kind: OutboundKind,
        terms: Terms,
        time_in_force: TimeInForce,
        bot: BotId,
    ) -> String {
        written_by(&mut Names::new(), kind, terms, time_in_force, bot)
    }

    fn written_by(
        names: &mut Names,
        kind: OutboundKind,
        terms: Terms,
        time_in_force: TimeInForce,
        bot: BotId,
    ) -> String {
        names.set_profile(&OrderProfile::cme());
        dressed_by(names, kind, terms, time_in_force, bot)
    }

    /// The same, as the broker's profile has it.
    fn dressed_by(
        names: &mut Names,
        kind: OutboundKind,
        terms: Terms,
        time_in_force: TimeInForce,
        bot: BotId,
    ) -> String {
        names.set_symbol(InstrumentId(3), Text::new("ESH4"));
        names.set_account(AccountId(1), Text::new("ACC"));
        let record = OutboundRecord {
            route: Route::BROKER,
            kind,
            cl_ord_id: ClOrdId(0x20),
            orig_cl_ord_id: ClOrdId(0x10),
            ord_status_req_id: 0x30,
            bot,
            account: AccountId(1),
            instrument: InstrumentId(3),
            side: Side::Sell,
            qty: 2,
            price: Price(4_791_250_000_000),
            time_in_force,
        };
        let outbound = Outbound::unchecked(record).with(terms);
        let message = OrderMessage::new(&outbound, names).expect("named");
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

    #[test]
    fn a_broker_gets_its_own_fields_where_they_belong_and_nothing_that_it_did_not_ask_for() {
        let of = |profile: &OrderProfile, kind| {
            let mut names = Names::new();
            names.set_profile(profile);
            dressed_by(&mut names, kind, Terms::LIMIT, TimeInForce::Day, BotId(0))
        };
        let (new, cancel) = (OutboundKind::New, OutboundKind::Cancel);
        let standard = OrderProfile::standard();
        for kind in [new, cancel, OutboundKind::Replace, OutboundKind::StatusRequest] {
            assert!(!of(&standard, kind).contains("1028="), "1028 is none of FIX 4.4");
        }
        let profile = OrderProfile {
            order_tags: vec![(528, "A".to_owned()), (9_702, "x y".to_owned())],
            cancel_tags: vec![(9_703, "1".to_owned())],
            account_names: vec![("ACC".to_owned(), "F-12".to_owned())],
            ..OrderProfile::cme()
        };
        assert_eq!(profile.validate(), Ok(()));
        for kind in [new, OutboundKind::Replace] {
            let text = of(&profile, kind);
            assert!(text.ends_with("|59=0|1028=N|528=A|9702=x y|"), "{text}");
            assert!(text.contains("|1=F-12|") && !text.contains("ACC"), "{text}");
        }
        assert!(of(&profile, cancel).ends_with("|38=2|1028=N|9703=1|"));
        let asked = of(&profile, OutboundKind::StatusRequest);
        assert!(asked.ends_with("|1=F-12|55=ESH4|54=2|"), "{asked}");
        let mut names = Names::new();
        names.set_profile(&profile);
        names.set_account(AccountId(1), Text::new("ACC"));
        names.set_account(AccountId(2), Text::new("OTHER"));
        assert_eq!(names.account_of(b"F-12"), Some(AccountId(1)));
        assert_eq!(
            (names.account_of(b"ACC"), names.account_of(b"OTHER")),
            (None, Some(AccountId(2)))
        );
    }

    /// The fields of an order's price and life, as they are written.
    fn terms_of(terms: Terms, time_in_force: TimeInForce) -> String {
        let text = written_with(OutboundKind::New, terms, time_in_force, BotId(0));
        let (_, behind) = text.split_once("|21=1|").expect("HandlInst goes before them");
        behind.trim_end_matches("|1028=N|").to_owned()
    }

    #[test]
    fn each_order_type_carries_the_prices_that_it_has() {
        let stop_px = Price(4_790_000_000_000);
        let expected = [
            (OrderType::Market, "40=1|59=0"),
            (OrderType::Limit, "40=2|44=4791.25|59=0"),
            (OrderType::Stop, "40=3|99=4790|59=0"),
            (OrderType::StopLimit, "40=4|44=4791.25|99=4790|59=0"),
            (OrderType::MarketToLimit, "40=K|59=0"),
        ];
        for (order_type, fields) in expected {
            let terms = Terms { order_type, stop_px, ..Terms::LIMIT };
            assert_eq!(terms_of(terms, TimeInForce::Day), fields);
            for kind in [OutboundKind::New, OutboundKind::Replace] {
                let text = written_with(kind, terms, TimeInForce::Day, BotId(0));
                assert!(text.ends_with(&format!("|21=1|{fields}|1028=N|")), "{text}");
            }
        }
    }

    #[test]
    fn each_life_has_its_code_and_a_date_its_time() {
        let expires = UnixNanos(1_796_000_400_000_000_000);
        let terms = Terms { expires, ..Terms::LIMIT };
        for life in TimeInForce::ALL {
            let dated = life == TimeInForce::GoodTillDate;
            let until = if dated { "|126=20261130-01:00:00.000" } else { "" };
            let fields = format!("40=2|44=4791.25|59={}{until}", char::from(life.code()));
            assert_eq!(terms_of(terms, life), fields);
        }
        let kept_here = Terms { emulation: Emulation::UNTIL_DATE, ..terms };
        assert_eq!(terms_of(kept_here, TimeInForce::GoodTillDate), "40=2|44=4791.25|59=1");
        let carried = Terms { emulation: Emulation::CARRIED, ..Terms::LIMIT };
        assert_eq!(terms_of(carried, TimeInForce::GoodTillCancel), "40=2|44=4791.25|59=0");
        let both = Emulation::CARRIED.and(Emulation::UNTIL_DATE);
        let dated = Terms { emulation: both, ..terms };
        assert_eq!(terms_of(dated, TimeInForce::GoodTillDate), "40=2|44=4791.25|59=0");
    }

    #[test]
    fn what_the_venue_lacks_is_sent_as_what_stands_for_it() {
        let of = |order_type, emulation| Terms { order_type, emulation, ..Terms::LIMIT };
        let (held, collar) = (Emulation::HELD, Emulation::AT_COLLAR);
        for (terms, fields) in [
            (of(OrderType::Market, collar), "40=2|44=4791.25|59=3"),
            (of(OrderType::MarketToLimit, Emulation::AT_BEST), "40=2|44=4791.25|59=3"),
            (of(OrderType::Stop, held), "40=1|59=3"),
            (of(OrderType::Stop, held.and(collar)), "40=2|44=4791.25|59=3"),
            (of(OrderType::StopLimit, held), "40=2|44=4791.25|59=3"),
        ] {
            assert_eq!(terms_of(terms, TimeInForce::ImmediateOrCancel), fields, "{terms:?}");
        }
    }

    #[test]
    fn an_order_that_was_taken_over_is_named_as_its_broker_knows_it_until_it_has_a_name_of_ours() {
        let mut names = Names::new();
        names.set_symbol(InstrumentId(3), Text::new("ESH4"));
        names.set_account(AccountId(1), Text::new("ACC"));
        let adopted = OrderAdopted {
            order: ClOrdId(0x10),
            bot: BotId(0),
            route: Route::BROKER,
            order_id: Text::new("O-7"),
            client_id: Text::new("DESK-1"),
        };
        names.adopt(&adopted);
        let written = |names: &Names, kind, cl_ord_id, orig_cl_ord_id| {
            let record = OutboundRecord {
                route: Route::BROKER,
                kind,
                cl_ord_id: ClOrdId(cl_ord_id),
                orig_cl_ord_id: ClOrdId(orig_cl_ord_id),
                ord_status_req_id: 0x30,
                bot: BotId(0),
                account: AccountId(1),
                instrument: InstrumentId(3),
                side: Side::Sell,
                qty: 2,
                price: Price(4_791_250_000_000),
                time_in_force: TimeInForce::Day,
            };
            let outbound = Outbound::unchecked(record);
            let message = OrderMessage::new(&outbound, names).expect("named");
            let mut buffer = [0; 512];
            let len = encode_fields(&mut buffer, |w| {
                message.write(w, &WireIds::new(1), UnixNanos(0), TimePrecision::Millis);
            })
            .expect("fits");
            String::from_utf8(buffer[..len].to_vec()).expect("ascii").replace('\x01', "|")
        };
        let cancel = written(&names, OutboundKind::Cancel, 0x20, 0x10);
        assert!(cancel.starts_with("11=1-0000000000000020|41=DESK-1|37=O-7|1=ACC|"), "{cancel}");
        let replace = written(&names, OutboundKind::Replace, 0x20, 0x10);
        assert!(replace.starts_with("11=1-0000000000000020|41=DESK-1|37=O-7|1=ACC|"), "{replace}");
        let asked = written(&names, OutboundKind::StatusRequest, 0x10, 0);
        assert!(asked.starts_with("11=DESK-1|37=O-7|790=1-0000000000000030|"), "{asked}");
        let renamed = written(&names, OutboundKind::Cancel, 0x21, 0x20);
        assert!(
            renamed.starts_with("11=1-0000000000000021|41=1-0000000000000020|1=ACC|"),
            "{renamed}"
        );
        // One whose client gave it no name goes by its broker's.
        names.adopt(&OrderAdopted { client_id: Text::EMPTY, ..adopted });
        let cancel = written(&names, OutboundKind::Cancel, 0x20, 0x10);
        assert!(cancel.starts_with("11=1-0000000000000020|41=O-7|37=O-7|"), "{cancel}");
        // As many names are kept as orders can be taken over.
        for at in 0..ADOPTED_MAX as u64 {
            names.adopt(&OrderAdopted { order: ClOrdId(0x1000 + at), ..adopted });
        }
        assert_eq!(names.adopted.len(), ADOPTED_MAX);
        assert!(names.adopted(ClOrdId(0x10)).is_none() && names.adopted(ClOrdId(0x1000)).is_some());
    }

    #[test]
    fn a_persons_order_says_that_a_hand_sent_it() {
        let desk = gauntlet_model::desk::desk_of(0).expect("there is one");
        for kind in [OutboundKind::New, OutboundKind::Cancel, OutboundKind::Replace] {
            let of = |bot| written_with(kind, Terms::LIMIT, TimeInForce::Day, bot);
            assert!(of(desk).ends_with("|1028=Y|") && of(BotId(255)).ends_with("|1028=N|"));
        }
    }

    proptest! {
        #[test]
        fn every_identity_round_trips(epoch in any::<u64>(), id in any::<u64>()) {
            let ids = WireIds::new(epoch);
            prop_assert_eq!(ids.parse(&text_of(&ids, ClOrdId(id))), ClOrdId(id));
        }
    }
}
