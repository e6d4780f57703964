//! What a gateway on another FIX engine shares with this one: order messages as fields, and the broker's messages
//! as inputs.

use super::enquiry::EnquiryMessage;
use super::report::{Translator, Unusable};
use super::wire::OrderMessage;
use super::{read_application, unusable_detail};
use crate::fix::codec::{Message, SessionRejectReason, TimePrecision, encode_fields};
use crate::fix::profile::OrderProfile;
use crate::fix::tags;
use gauntlet_manager::order_manager::Draft;
use gauntlet_model::effect::{Enquiry, OrderAdopted};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, Route};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;

/// Room for the fields of one message, in bytes.
const FIELDS_BYTES: usize = 4_096;

/// A message to send, without what belongs to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'t> {
    /// Its type (tag 35).
    pub msg_type: &'static [u8],
    /// Its fields behind the header, each ended by its delimiter.
    pub fields: &'t [u8],
}

/// Why a message of the broker's cannot be used. What could be read of it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody here knows its type.
    UnknownType,
    /// This tag is missing or wrong.
    Field {
        /// The tag.
        tag: u32,
        /// What is wrong with it.
        reason: SessionRejectReason,
    },
}

/// Between the core's words and a broker's, for a session that another engine keeps.
pub struct Translation {
    translator: Translator,
    buffer: Box<[u8]>,
}

impl Translation {
    /// One for a route; `epoch` is the journal's, a part of every identity on the wire.
    pub fn new(route: Route, epoch: u64) -> Translation {
        let translator = Translator::new(route, epoch);
        Translation { translator, buffer: vec![0; FIELDS_BYTES].into_boxed_slice() }
    }

    /// The same with order messages dressed as the broker wants them.
    #[must_use]
    pub fn with_profile(mut self, profile: &OrderProfile) -> Translation {
        self.translator.names.set_profile(profile);
        self
    }

    /// Takes in the definition of an instrument, an account or a bot's identity.
    pub fn define(&mut self, input: &Input) {
        let names = &mut self.translator.names;
        match input {
            Input::Instrument(it) => names.set_symbol(it.instrument, it.symbol),
            Input::Account(it) => names.set_account(it.account, it.name),
            Input::Identity(it) => names.set_identity(it),
            _ => {}
        }
    }

    /// Takes in how the broker calls an order that was taken over.
    pub fn adopt(&mut self, adopted: &OrderAdopted) {
        self.translator.names.adopt(adopted);
    }

    /// An order message; `None` when its instrument or account is not defined.
    pub fn order(&mut self, draft: &Draft, now: UnixNanos) -> Option<Written<'_>> {
        let Translator { ids, names, .. } = &self.translator;
        let message = OrderMessage::new(draft, names)?;
        let len = encode_fields(&mut self.buffer, |w| {
            message.write(w, ids, now, TimePrecision::Millis);
        });
        let len = len.ok()?;
        Some(Written { msg_type: message.msg_type(), fields: &self.buffer[..len] })
    }

    /// A question; `None` when its account is not defined.
    pub fn enquiry(&mut self, enquiry: &Enquiry, now: UnixNanos) -> Option<Written<'_>> {
        let translator = &self.translator;
        let message = EnquiryMessage::new(enquiry, translator)?;
        let len = encode_fields(&mut self.buffer, |w| {
            message.write(w, translator, now, TimePrecision::Millis);
        });
        let len = len.ok()?;
        Some(Written { msg_type: message.msg_type(), fields: &self.buffer[..len] })
    }

    /// Remembers which order a message carried, so that a refusal of the message is one of the order.
    pub fn order_sent(&mut self, msg_seq_num: u64, order: ClOrdId) {
        self.translator.remember(msg_seq_num, order);
    }

    /// Remembers which question a message carried.
    pub fn enquiry_sent(&mut self, msg_seq_num: u64, enquiry: &Enquiry) {
        self.translator.enquiries.remember(msg_seq_num, enquiry);
    }

    /// The session's numbers have begun anew: those of before name other messages now.
    pub fn forget_numbers(&mut self) {
        self.translator.forget_numbers();
    }

    /// Tells what an application message of the broker's says.
    ///
    /// # Errors
    /// [`Refused`]: the broker is to be answered. A report that cannot be used is told as such all the same, since
    /// it may have been a fill.
    pub fn read(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
        tell: &mut dyn FnMut(Input),
    ) -> Result<(), Refused> {
        let translator = &self.translator;
        let told = read_application(translator, message, msg_seq_num, poss_dup);
        match told.ok_or(Refused::UnknownType)? {
            Ok(None) => {}
            Ok(Some(input)) => {
                if let Input::BrokerOrder(line) = &input
                    && let Some(terms) = translator.foreign_order(message, line)
                {
                    tell(Input::ForeignOrder(terms));
                }
                tell(input);
            }
            Err(Unusable { tag, reason }) => {
                let detail = unusable_detail(message.msg_type(), tag, reason);
                let report = translator.unusable(message, msg_seq_num, poss_dup, detail);
                tell(Input::Unusable(report));
                return Err(Refused::Field { tag, reason });
            }
        }
        Ok(())
    }

    /// A session-level `Reject` (3) of a message of ours.
    pub fn rejected(&self, message: &Message<'_>, msg_seq_num: u64) -> Input {
        self.translator.refusal(message, msg_seq_num, tags::SESSION_REJECT_REASON)
    }

    /// An order message that stayed here.
    pub fn unsent(&self, order: ClOrdId, detail: Text<64>) -> Input {
        self.translator.rejected(0, order, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::codec::{FieldWriter, Inbox, encode_message};
    use gauntlet_manager::order_manager::Outbound;
    use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
    use gauntlet_model::ids::{AccountId, BotId, InstrumentId};
    use gauntlet_model::input::{ExecType, SessionChange};
    use gauntlet_model::units::{Price, Side};

    fn translation() -> Translation {
        let mut translation = Translation::new(Route::BROKER, 1);
        let names = &mut translation.translator.names;
        names.set_symbol(InstrumentId(0), Text::new("ESH4"));
        names.set_account(AccountId(0), Text::new("ACC"));
        translation
    }

    fn order(instrument: u16) -> Outbound {
        Outbound::unchecked(OutboundRecord {
            route: Route::BROKER,
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId(0x20),
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(instrument),
            side: Side::Buy,
            qty: 2,
            price: Price(4_791_250_000_000),
            time_in_force: TimeInForce::Day,
        })
    }

    /// What one message tells, and whether it is refused.
    fn read(
        translation: &Translation,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> (Vec<Input>, Result<(), Refused>) {
        let mut bytes = [0; 1_024];
        let len = encode_message(&mut bytes, body).expect("fits");
        let mut inbox = Inbox::new();
        inbox.push(&bytes[..len]);
        let message = inbox.next().expect("no garbage").expect("whole");
        let mut told = Vec::new();
        let result = translation.read(&message, 7, false, &mut |input| told.push(input));
        (told, result)
    }

    #[test]
    fn an_order_of_what_is_defined_has_fields_and_no_header_and_any_other_none() {
        let mut translation = translation();
        let written = translation.order(&order(0), UnixNanos(0)).expect("defined");
        let fields = String::from_utf8_lossy(written.fields).replace('\x01', "|");
        assert_eq!(written.msg_type, b"D");
        assert!(fields.starts_with("11=1-0000000000000020|1=ACC|55=ESH4|54=1|"), "{fields}");
        assert!(fields.ends_with("|59=0|"), "{fields}");
        assert_eq!(translation.order(&order(1), UnixNanos(0)), None);
    }

    #[test]
    fn a_report_is_told_with_its_number_an_unusable_one_too_and_an_unknown_type_is_refused() {
        let translation = translation();
        let report = |w: &mut FieldWriter<'_>, status: &[u8]| {
            w.raw(35, b"8");
            for (tag, value) in [(37, "O1"), (11, "1-0000000000000020"), (17, "E1"), (150, "0")] {
                w.text(tag, value);
            }
            w.raw(39, status);
            for (tag, value) in [(55, "ESH4"), (54, "1"), (151, "2"), (14, "0")] {
                w.text(tag, value);
            }
        };
        let (told, result) = read(&translation, |w| report(w, b"0"));
        let [Input::Execution(execution)] = told[..] else { panic!("{told:?}") };
        assert_eq!((execution.cl_ord_id, execution.msg_seq_num), (ClOrdId(0x20), 7));
        assert_eq!((execution.exec_type, result), (ExecType::New, Ok(())));
        let (told, result) = read(&translation, |w| report(w, b"?"));
        assert!(matches!(told[..], [Input::Unusable(_)]), "{told:?}");
        assert!(matches!(result, Err(Refused::Field { tag: 39, .. })), "{result:?}");
        let (told, result) = read(&translation, |w| w.raw(35, b"B"));
        assert_eq!((told, result), (vec![], Err(Refused::UnknownType)));
    }

    #[test]
    fn a_refused_message_is_its_order_refused_until_the_numbers_begin_anew() {
        let mut translation = translation();
        translation.order_sent(5, ClOrdId(0x20));
        let mut order_of = |forgets: bool| {
            if forgets {
                translation.forget_numbers();
            }
            let mut bytes = [0; 256];
            let len = encode_message(&mut bytes, |w| {
                w.raw(35, b"3");
                w.uint(45, 5);
                w.uint(373, 1);
            });
            let mut inbox = Inbox::new();
            inbox.push(&bytes[..len.expect("fits")]);
            let message = inbox.next().expect("no garbage").expect("whole");
            let Input::Session(event) = translation.rejected(&message, 9) else { panic!() };
            assert_eq!((event.change, event.msg_seq_num), (SessionChange::MessageRejected, 9));
            event.cl_ord_id
        };
        assert_eq!((order_of(false), order_of(true)), (ClOrdId(0x20), ClOrdId::NONE));
    }
}
