//! The one list of everything that can happen.
//!
//! A line is
//!
//! ```text
//! /// What it is.
//! number CONSTANT "name" Variant(Type) of Origin;
//! ```
//!
//! [`Input`](super::Input) is made of it, and so are the journal's kind (number, constant and name),
//! its encoding and decoding, and `docs/journal.md`. `read` lists kinds that are not written any more:
//! what they hold is turned into the variant's type of today. Numbers and names are frozen; a new
//! input takes the next number of the inputs' ranges.
//!
//! Besides its line and its type a new input needs what only people can say, and the compiler or a
//! test asks for each: what risk does about it (`risk/mod.rs`), how it reads (`ctl`'s
//! `journal/words.rs`), and a sample and its bytes (the journal's `tests/support` and `payloads.rs`).

/// Hands the list to a macro that is in scope.
#[macro_export]
macro_rules! input_table {
    ($then:ident) => {
        $then! {
            written {
                /// A market-by-order event.
                0x01 MBO "mbo" Mbo(Mbo) of Feed;
                /// A top-of-book update, with the trade that caused it if one did.
                0x02 QUOTE "quote" Quote(Quote) of Feed;
                /// A trade alone.
                0x03 TRADE "trade" Trade(Trade) of Feed;
                /// A finished bar made by the vendor.
                0x04 OHLCV "ohlcv" Ohlcv(Ohlcv) of Feed;
                /// The trading state of an instrument changed.
                0x05 STATUS "status" Status(TradingStatus) of Feed;
                /// The state of a market-data feed changed.
                0x06 FEED "feed" Feed(FeedEvent) of Feed;
                /// A broker's report on an order.
                0x07 EXECUTION "execution" Execution(ExecutionReport) of Broker;
                /// A broker's refusal to cancel or replace.
                0x08 CANCEL_REJECT "cancel_reject" CancelReject(CancelReject) of Broker;
                /// The state of a broker session changed.
                0x09 SESSION "session" Session(SessionEvent) of Broker;
                /// Time passed.
                0x0a TIMER "timer" Timer(Timer) of Platform;
                /// An operator, or the platform itself on someone's behalf, asks for something.
                0x0b COMMAND "command" Command(Command) of Outside;
                /// An instrument is defined or redefined.
                0x0c INSTRUMENT "instrument" Instrument(InstrumentDefinition) of Platform;
                /// An account and its limits are defined or redefined.
                0x0d ACCOUNT "account" Account(AccountDefinition) of Platform;
                /// A run of the platform begins: nothing may trade before it.
                0x0f RUN_START "run_start" RunStart(RunStart) of Platform;
                /// One price level of a book that is told by price.
                0x10 LEVEL "level" Level(Level) of Feed;
                /// What the exchange says of an instrument.
                0x11 LISTING "listing" Listing(Listing) of Feed;
                /// A part of a bot's own rules, before its definition.
                0x12 RULE_TEXT "rule_text" RuleText(RuleText) of Platform;
                /// A source outside of the platform has an opinion.
                0x13 EXTERNAL "external" External(ExternalSignal) of Outside;
                /// A finished minute of the vendor's that is told after the fact, to complete series
                /// of bars: it moves nothing else, no clock, price, fault or position.
                0x14 HISTORY "history" History(Ohlcv) of Feed;
                /// A bot is defined or redefined.
                0x15 BOT_SETTINGS "bot_settings" Bot(BotDefinition) of Platform;
                /// A broker is given a name: those of a run come before its accounts.
                0x16 BROKER "broker" Broker(BrokerDefinition) of Platform;
                /// A day ends otherwise than the calendars know: those of a run come before its bots.
                0x17 CALENDAR_DAY "calendar_day" CalendarDay(CalendarDay) of Platform;
                /// How near to its end a contract may be traded: those of a run come behind its
                /// instruments.
                0x18 CONTRACT_RULE "contract_rule" ContractRule(ContractRule) of Platform;
                /// A bot goes on in another contract: those of a run come behind its bots and whenever a
                /// contract nears its end.
                0x19 BOT_ROLL "bot_roll" Roll(BotRoll) of Platform;
                /// The limits of the platform, an account or a bot: those of a run come behind its
                /// definitions.
                0x1a RISK_LIMITS "risk_limits" RiskLimits(RiskLimits) of Platform;
                /// What a contract costs to hold and to trade: those of a run come behind its
                /// definitions.
                0x1b CONTRACT_TERMS "contract_terms" ContractTerms(ContractTerms) of Platform;
                /// Something is put right: a fill booked or taken back, a position adjusted, an order
                /// written off, a doubt settled.
                0x1c CORRECTION "correction" Correction(Correction) of Outside;
                /// A broker's report that cannot be used as it is, with what can be read of it.
                0x1d UNUSABLE_REPORT "unusable_report" Unusable(UnusableReport) of Broker;
                /// A person asks for an order, the end of one, or the end of a position.
                0x84 TICKET "ticket" Ticket(Ticket) of Outside;
                /// Somebody wants one order cancelled.
                0x80 ORDER_KILL "order_kill" OrderKill(OrderKill) of Outside;
                /// Somebody changes a limit, or asks for that.
                0x81 LIMIT_CHANGE "limit_change" LimitChange(LimitChange) of Outside;
                /// What a broker is asked and does by itself: those of a run come before its accounts.
                0x8c BROKER_TERMS "broker_terms" BrokerTerms(BrokerTerms) of Platform;
                /// A line of a broker's list of working orders.
                0x8d BROKER_ORDER "broker_order" BrokerOrder(BrokerOrder) of Broker;
                /// A line of a broker's list of positions.
                0x8e BROKER_POSITION "broker_position" BrokerPosition(BrokerPosition) of Broker;
                /// A broker's word on a question for everything: how many lines follow, or that it
                /// does not answer.
                0x8f ENQUIRY_ANSWER "enquiry_answer" EnquiryAnswer(EnquiryAnswer) of Broker;
                /// A person accepts that the effects of all inputs before it are as the journal holds
                /// them, although a later build decides some of them otherwise.
                0x90 DECISIONS_ACCEPTED "decisions_accepted"
                    DecisionsAccepted(DecisionsAccepted) of Outside;
                /// Something is as the accepted effects say: a position, an order, a doubt.
                0x91 STATED "stated" Stated(Stated) of Platform;
                /// What of an account's messages is watched: those of a run come behind its accounts.
                0x92 ACCOUNT_WATCH "account_watch" AccountWatch(AccountWatch) of Platform;
                /// What decides a bot's orders and who answers for them: those of a run come behind its
                /// bots.
                0x93 BOT_IDENTITY "bot_identity" Identity(BotIdentity) of Platform;
                /// An order of any type is as the accepted effects say.
                0x96 STATED_ORDER "stated_order" StatedOrder(StatedOrder) of Platform;
                /// The day's loss of a scope is as the accepted effects say.
                0x97 STATED_LOSS "stated_loss" StatedLoss(StatedLoss) of Platform;
                /// What a broker's list tells of an order that is none of ours, before its line.
                0x98 FOREIGN_ORDER "foreign_order" ForeignOrder(ForeignOrder) of Broker;
                /// A person takes over an order that only its broker knows.
                0x99 ADOPTION "adoption" Adoption(Adoption) of Outside;
                /// Somebody kills all bots of one owner, also those of later runs, or lifts that.
                0x9a USER_KILL "user_kill" UserKill(UserKill) of Outside;
                /// A report that a broker copied to the session of its drop copy.
                0x9c COPIED_REPORT "copied_report" Copied(CopiedReport) of Broker;
                /// The state of a drop copy's session changed.
                0x9d COPY_SESSION "copy_session" CopySession(CopySession) of Broker;
                /// A broker copies its reports: those of a run come behind its definitions.
                0x9e COPY_TERMS "copy_terms" CopyTerms(CopyTerms) of Platform;
                /// A broker's word on the cash of an account.
                0x9f BROKER_BALANCE "broker_balance" Balance(BrokerBalance) of Broker;
                /// How an account's cash is compared with its broker's: those of a run come behind its
                /// accounts.
                0xa0 CASH_TERMS "cash_terms" CashTerms(CashTerms) of Platform;
                /// Alerts wait too long on a way to people, or no longer.
                0xa4 ALERT_DELAY "alert_delay" AlertDelay(AlertDelay) of Platform;
                /// The sequence numbers of a broker's session are to be others.
                0xa8 NUMBERS_SET "numbers_set" NumbersSet(NumbersSet) of Outside;
                /// A parent order is as the accepted effects say.
                0xb4 STATED_PARENT "stated_parent" StatedParent(StatedParent) of Platform;
            }
            read {
                /// A bot, as it was defined while its settings were counted.
                0x0e BOT "bot" Bot(BotDefinition1);
            }
        }
    };
}
