//! `ctl correct` and `ctl reconcile`: people compare with the broker, and put right what differs.

use crate::args::{ActorArgs, name, reason};
use crate::command::{command, kept};
use crate::complete;
use crate::failure::Failure;
use crate::output::Output;
use crate::show;
use crate::source::{Answer, Source};
use clap::{Args, Subcommand, ValueEnum};
use gauntlet_model::effect::OrderState;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::CorrectionKind;
use gauntlet_model::text::Text;
use gauntlet_model::units::{PRICE_SCALE, Price, Side};
use gauntlet_readmodel::api::{Break, Compared, Doubt, DropCopy, Order, Orders, Status};
use gauntlet_readmodel::command_wire::{AskedAdoption, AskedCorrection, Target, Verb};
use serde::Serialize;
use std::path::Path;

/// Digits of a price after its point.
const PRICE_DIGITS: usize = 9;

/// `ctl reconcile`.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// Ask the brokers about every live order, and for all their orders and positions; what they answer
    /// settles what it can.
    #[arg(long)]
    ask: bool,
    /// Why they are asked, for the journal.
    #[arg(long, default_value = "asked by operator", value_parser = reason)]
    reason: String,
    /// Who asks.
    #[command(flatten)]
    actor: ActorArgs,
}

/// Who puts right, why, and who allows it.
#[derive(Debug, Args)]
pub struct SignedArgs {
    /// Why, for the journal: what the broker says, and where it says so.
    #[arg(long, value_parser = reason)]
    reason: String,
    /// Who does it.
    #[command(flatten)]
    actor: ActorArgs,
    /// The second person who allowed it, for the journal.
    #[arg(long, value_name = "NAME", value_parser = name)]
    approver: Option<String>,
}

/// A fill.
#[derive(Debug, Args)]
pub struct FillArgs {
    /// Whose.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
    bot: String,
    /// On which order, by the identity that `ctl orders` shows.
    #[arg(long, value_name = "ORDER", value_parser = order_named)]
    order: Option<ClOrdId>,
    /// Its side.
    #[arg(long)]
    side: SideArg,
    /// Its contracts.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    qty: u32,
    /// Its price.
    #[arg(long, value_parser = price, allow_hyphen_values = true)]
    price: Price,
    /// The broker's identity of it (ExecID): the report of that identity is then no news.
    #[arg(long, value_name = "ID")]
    exec_id: Option<String>,
    /// Who and why.
    #[command(flatten)]
    signed: SignedArgs,
}

/// A side.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SideArg {
    /// Bought.
    Buy,
    /// Sold.
    Sell,
}

impl SideArg {
    /// The side.
    pub(crate) fn side(self) -> Side {
        match self {
            SideArg::Buy => Side::Buy,
            SideArg::Sell => Side::Sell,
        }
    }
}

/// `ctl correct`.
#[derive(Debug, Subcommand)]
pub enum CorrectCommand {
    /// Book a fill that the broker made and no report told.
    Book(FillArgs),
    /// Take a fill back that the broker says was never made.
    Bust(FillArgs),
    /// Bring a bot's position to what the broker holds of it: the difference is booked as a fill.
    Adjust {
        /// Whose.
        #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
        bot: String,
        /// The contracts that it holds then, negative when short.
        #[arg(long, value_name = "CONTRACTS", allow_hyphen_values = true)]
        to: i32,
        /// The price at which the difference is booked.
        #[arg(long, value_parser = price, allow_hyphen_values = true)]
        price: Price,
        /// Who and why.
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Call an order over that its broker has forgotten; only one that is in doubt.
    WriteOff {
        /// Which, by the identity that `ctl orders` shows.
        #[arg(long, value_parser = order_named)]
        order: ClOrdId,
        /// Who and why.
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Take over an order that only its broker knows, as `ctl reconcile` shows it: it becomes a bot's, or the
    /// account's own (`manual:ACCOUNT/SYMBOL`).
    Adopt {
        /// The broker's identity of it.
        #[arg(long, value_name = "ID", value_parser = name)]
        order: String,
        /// For which account.
        #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
        account: String,
        /// In what.
        #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols())]
        symbol: String,
        /// The bot whose order it becomes: kept while it is what the bot wants, else cancelled. The account's
        /// own where none is named.
        #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
        bot: Option<String>,
        /// Who and why.
        #[command(flatten)]
        signed: SignedArgs,
    },
    /// Lift the doubt of an account in an instrument, once positions there are compared with the broker's; or
    /// take the broker's word on the account's cash.
    Settle {
        /// The account.
        #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
        account: String,
        /// The instrument.
        #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols(),
              required_unless_present = "cash", conflicts_with = "cash")]
        symbol: Option<String>,
        /// The account's cash: ours goes on from what the broker said last.
        #[arg(long)]
        cash: bool,
        /// Who and why.
        #[command(flatten)]
        signed: SignedArgs,
    },
}

/// Puts something right.
pub fn run(asked: &CorrectCommand, data: &Path, out: &mut Output) -> Result<(), Failure> {
    match asked {
        CorrectCommand::Book(fill) => book(CorrectionKind::Book, fill, data, out),
        CorrectCommand::Bust(fill) => book(CorrectionKind::TakeBack, fill, data, out),
        CorrectCommand::Adjust { bot, to, price, signed } => {
            let asked = AskedCorrection {
                target: *to,
                price: *price,
                ..AskedCorrection::of(CorrectionKind::Adjust)
            };
            send(asked, Target::Bot(bot), signed, data, out)
        }
        CorrectCommand::WriteOff { order, signed } => {
            let asked =
                AskedCorrection { order: *order, ..AskedCorrection::of(CorrectionKind::WriteOff) };
            send(asked, Target::Platform, signed, data, out)
        }
        CorrectCommand::Adopt { order, account, symbol, bot, signed } => {
            let SignedArgs { reason, actor, approver } = signed;
            let asked = AskedAdoption {
                symbol: kept("symbol", symbol),
                order_id: kept("identity of the order", order),
                bot: bot.as_ref().map_or(Text::EMPTY, |bot| kept("bot", bot)),
                approver: approver.as_ref().map_or(Text::EMPTY, |who| kept("approver", who)),
            };
            let (verb, target) = (Verb::Adopt(asked), Target::Account(account));
            command(verb, target, &actor.name(), reason, data, out)
        }
        CorrectCommand::Settle { account, symbol, signed, .. } => {
            let asked = AskedCorrection {
                symbol: symbol.as_ref().map_or(Text::EMPTY, |symbol| kept("symbol", symbol)),
                ..AskedCorrection::of(CorrectionKind::Settle)
            };
            send(asked, Target::Account(account), signed, data, out)
        }
    }
}

fn book(
    kind: CorrectionKind,
    fill: &FillArgs,
    data: &Path,
    out: &mut Output,
) -> Result<(), Failure> {
    let FillArgs { bot, order, side, qty, price, exec_id, signed } = fill;
    let asked = AskedCorrection {
        order: order.unwrap_or(ClOrdId::NONE),
        side: side.side(),
        qty: *qty,
        price: *price,
        exec_id: exec_id.as_ref().map_or(Text::EMPTY, |id| kept("identity of the fill", id)),
        ..AskedCorrection::of(kind)
    };
    send(asked, Target::Bot(bot), signed, data, out)
}

fn send(
    asked: AskedCorrection,
    target: Target<'_>,
    signed: &SignedArgs,
    data: &Path,
    out: &mut Output,
) -> Result<(), Failure> {
    let SignedArgs { reason, actor, approver } = signed;
    let approver = approver.as_ref().map_or(Text::EMPTY, |name| kept("approver", name));
    let verb = Verb::Correct(AskedCorrection { approver, ..asked });
    command(verb, target, &actor.name(), reason, data, out)
}

/// What differs from the broker, or may.
#[derive(Serialize)]
struct Differences {
    /// Accounts and instruments of which it is not known what they hold.
    doubts: Vec<Doubt>,
    /// Orders of which it is not known what they are at the broker.
    orders: Vec<Order>,
    /// What differs from the brokers' own lists of orders and positions.
    breaks: Vec<Break>,
    /// When each of these lists was compared last, and how that ended.
    compared: Vec<Compared>,
    /// The sessions on which brokers copy their reports.
    drop_copies: Vec<DropCopy>,
}

/// Shows what is in doubt, after asking the brokers if that is wanted.
pub fn reconcile(
    args: &ReconcileArgs,
    data: &Path,
    source: &mut Source,
    out: &mut Output,
) -> Result<(), Failure> {
    if args.ask {
        let verb = Verb::Correct(AskedCorrection::of(CorrectionKind::Enquire));
        return command(verb, Target::Platform, &args.actor.name(), &args.reason, data, out);
    }
    let title = source.journal_name();
    let status: Answer<Status> =
        source.ask("/api/status", |tail| tail.projection().status(&title))?;
    let orders: Answer<Orders> = source.ask("/api/orders", |tail| tail.projection().orders(0))?;
    let in_doubt = |order: &Order| order.state == OrderState::Unknown.name();
    let orders = orders.value.working.into_iter().filter(in_doubt).collect();
    let Answer { value: Status { doubts, breaks, compared, drop_copies, .. }, note, running } =
        status;
    let value = Differences { doubts, orders, breaks, compared, drop_copies };
    Answer { value, note, running }.tell(out, in_words)
}

fn in_words(differences: &Differences) -> String {
    let Differences { doubts, orders, breaks, compared, drop_copies } = differences;
    let mut text: String = doubts.iter().map(|each| show::doubt(each) + "\n").collect();
    for Order { order, bot, side, qty, instrument, filled, .. } in orders {
        text += &format!(
            "{bot} {side} {qty} {instrument}, {filled} filled: order {order} is asked about; one that \
             its broker forgot can be written off\n"
        );
    }
    text.extend(breaks.iter().map(|each| show::difference(each) + "\n"));
    if text.is_empty() {
        text += "nothing is in doubt\n";
    }
    text.extend(compared.iter().map(|each| show::compared(each) + "\n"));
    text.extend(drop_copies.iter().map(|each| format!("drop copy of {}\n", show::drop_copy(each))));
    text
}

pub(crate) fn order_named(text: &str) -> Result<ClOrdId, String> {
    // On the wire the journal's epoch stands before it.
    let digits = text.rsplit('-').next().unwrap_or(text);
    let id = u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 16).map(ClOrdId);
    id.filter(|id| id.is_some())
        .ok_or_else(|| "must be 16 hexadecimal digits, as `ctl orders` shows them".to_owned())
}

pub(crate) fn price(text: &str) -> Result<Price, String> {
    let wrong = || "must be a decimal number such as 4791.25".to_owned();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > PRICE_DIGITS {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{part:0<PRICE_DIGITS$}").parse().map_err(|_| wrong())?;
    let units = whole.checked_mul(PRICE_SCALE).and_then(|units| units.checked_add(part));
    let price = units.map(|units| Price(if negative { -units } else { units }));
    price.filter(|price| price.is_some()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_digit_by_digit() {
        assert_eq!(price("4791.25"), Ok(Price(4_791_250_000_000)));
        assert_eq!(price("-37.63"), Ok(Price(-37_630_000_000)));
        assert_eq!(price("0"), Ok(Price(0)));
        for wrong in ["", "-", ".5", "1e3", "1.2.3", "1.0000000001", "99999999999", "x"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_order_is_named_as_views_or_the_wire_show_it() {
        assert_eq!(order_named("0000000000000abc"), Ok(ClOrdId(0xabc)));
        assert_eq!(order_named("6588c6ac-0000000000000abc"), Ok(ClOrdId(0xabc)));
        for wrong in ["abc", "", "0000000000000000", "000000000000zabc"] {
            assert!(order_named(wrong).is_err(), "{wrong}");
        }
    }
}
