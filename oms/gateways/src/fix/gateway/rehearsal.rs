//! Every order message that a gateway may have to send, held against the dictionary of what it sends before
//! anything trades: what that refuses later is a cancel or a way out that stays here.

use super::report::Translator;
use super::wire::OrderMessage;
use crate::fix::codec::{Fault, TimePrecision};
use crate::fix::profile::OrderProfile;
use crate::fix::session::{ConfigError, SendError, SequenceNumbers, Session, SessionConfig};
use gauntlet_manager::order_manager::Draft;
use gauntlet_model::effect::{OrderAdopted, OrderType, OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{BotIdentity, Route};
use gauntlet_model::order::{Capabilities, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{PRICE_SCALE, Price, Side, UnixNanos};

/// 2025-11-27 17:20 UTC: some time.
const NOW: UnixNanos = UnixNanos(1_764_264_000_000_000_000);
const OURS: ClOrdId = ClOrdId(0x10);
const TAKEN_OVER: ClOrdId = ClOrdId(0x20);

/// Why a session with a dictionary cannot be traded with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalError {
    /// The session itself is wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// One of our messages could never be sent.
    #[error(
        "the dictionary refuses {message} (message type {msg_type}): tag {} ({})", .fault.tag, .fault.reason.text()
    )]
    Refused {
        /// Which, in words.
        message: String,
        /// Its type (tag 35).
        msg_type: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// One of our messages is longer than any may be.
    #[error("{message} is longer than the session's longest message")]
    TooLong {
        /// Which, in words.
        message: String,
    },
}

/// One message to try.
struct Part {
    kind: OutboundKind,
    side: Side,
    order_type: OrderType,
    life: TimeInForce,
    is_taken_over: bool,
}

impl Part {
    fn words(&self) -> String {
        let (order_type, life) = (self.order_type.name(), self.life.name());
        let of = if self.is_taken_over { "an order that was taken over" } else { "an order" };
        match self.kind {
            OutboundKind::New => format!("a new {order_type} order of life {life}"),
            OutboundKind::Replace => format!("a replace of {of}, {order_type}, of life {life}"),
            OutboundKind::Cancel => format!("a cancel of {of}"),
            OutboundKind::StatusRequest => format!("a status request for {of}"),
        }
    }

    fn draft(&self) -> Draft {
        let before = if self.is_taken_over { TAKEN_OVER } else { OURS };
        let asks = self.kind == OutboundKind::StatusRequest;
        let record = OutboundRecord {
            route: Route::BROKER,
            kind: self.kind,
            cl_ord_id: if asks { before } else { ClOrdId(0x30) },
            orig_cl_ord_id: before,
            ord_status_req_id: if asks { 1 } else { 0 },
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(0),
            side: self.side,
            qty: 1,
            price: Price(PRICE_SCALE),
            time_in_force: self.life,
        };
        let terms = Terms {
            order_type: self.order_type,
            stop_px: Price(PRICE_SCALE),
            expires: NOW,
            ..Terms::LIMIT
        };
        Draft::new(record, terms)
    }
}

/// All that a route may be sent which takes these types and lives.
fn parts(takes: Capabilities) -> impl Iterator<Item = Part> {
    let sides = [Side::Buy, Side::Sell];
    let part = |kind, side, order_type, life, is_taken_over| Part {
        kind,
        side,
        order_type,
        life,
        is_taken_over,
    };
    let types = OrderType::ALL.into_iter().filter(move |order_type| takes.takes(*order_type));
    let priced = types.flat_map(move |order_type| {
        let lives = TimeInForce::ALL.into_iter().filter(move |life| takes.keeps(*life));
        lives.flat_map(move |life| {
            sides.into_iter().flat_map(move |side| {
                [
                    part(OutboundKind::New, side, order_type, life, false),
                    part(OutboundKind::Replace, side, order_type, life, false),
                    part(OutboundKind::Replace, side, order_type, life, true),
                ]
            })
        })
    });
    let plain = [OutboundKind::Cancel, OutboundKind::StatusRequest].into_iter();
    let plain = plain.flat_map(move |kind| {
        sides.into_iter().flat_map(move |side| {
            [false, true].map(|over| part(kind, side, OrderType::Limit, TimeInForce::Day, over))
        })
    });
    plain.chain(priced)
}

fn translator(profile: &OrderProfile, identity_tag: Option<u32>) -> Translator {
    let mut translator = Translator::new(Route::BROKER, 1);
    let names = &mut translator.names;
    names.set_profile(profile);
    names.name_orders_in(identity_tag);
    names.set_symbol(InstrumentId(0), Text::new("ESZ6"));
    names.set_account(AccountId(0), Text::new("ACCOUNT"));
    names.set_identity(&BotIdentity {
        bot: BotId(0),
        algorithm: Text::new("algorithm"),
        version: Text::new("1"),
        owner: Text::new("owner"),
    });
    names.adopt(&OrderAdopted {
        order: TAKEN_OVER,
        bot: BotId(0),
        route: Route::BROKER,
        order_id: Text::new("order"),
        client_id: Text::new("by-hand"),
    });
    translator
}

/// Tries every order message that may have to go by a session whose route takes these types and lives, dressed as
/// the profile has it, against the dictionary of what the session sends. Nothing to do where there is none.
///
/// # Errors
/// [`RehearsalError`]: the first message that could never be sent.
pub fn rehearse(
    config: &SessionConfig,
    profile: &OrderProfile,
    identity_tag: Option<u32>,
    takes: Capabilities,
) -> Result<(), RehearsalError> {
    if config.sent_dictionary.is_none() {
        return Ok(());
    }
    let mut session = Session::new(config.clone(), SequenceNumbers::default())?;
    let Translator { ids, names, .. } = &translator(profile, identity_tag);
    for part in parts(takes) {
        let draft = part.draft();
        // Both have names.
        let Some(message) = OrderMessage::new(&draft, names) else { continue };
        let msg_type = message.msg_type();
        let tried = session.rehearse(msg_type, NOW, |w| {
            message.write(w, ids, NOW, TimePrecision::default());
        });
        match tried {
            Ok(()) => {}
            Err(SendError::Refused(fault)) => {
                let msg_type = String::from_utf8_lossy(msg_type).into_owned();
                return Err(RehearsalError::Refused { message: part.words(), msg_type, fault });
            }
            Err(_) => return Err(RehearsalError::TooLong { message: part.words() }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
