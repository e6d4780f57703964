//! Tag numbers and message types of FIX 4.4 (volumes 1, 2 and 4) that the platform uses.

/// `Account`.
pub const ACCOUNT: u32 = 1;
/// `AvgPx`.
pub const AVG_PX: u32 = 6;
/// `BeginSeqNo`.
pub const BEGIN_SEQ_NO: u32 = 7;
/// `ClOrdID`.
pub const CL_ORD_ID: u32 = 11;
/// `CumQty`.
pub const CUM_QTY: u32 = 14;
/// `EndSeqNo`.
pub const END_SEQ_NO: u32 = 16;
/// `ExecID`.
pub const EXEC_ID: u32 = 17;
/// `ExecRefID`.
pub const EXEC_REF_ID: u32 = 19;
/// `HandlInst`.
pub const HANDL_INST: u32 = 21;
/// `LastPx`.
pub const LAST_PX: u32 = 31;
/// `LastQty`.
pub const LAST_QTY: u32 = 32;
/// `MsgSeqNum`.
pub const MSG_SEQ_NUM: u32 = 34;
/// `MsgType`.
pub const MSG_TYPE: u32 = 35;
/// `NewSeqNo`.
pub const NEW_SEQ_NO: u32 = 36;
/// `OrderID`.
pub const ORDER_ID: u32 = 37;
/// `OrderQty`.
pub const ORDER_QTY: u32 = 38;
/// `OrdStatus`.
pub const ORD_STATUS: u32 = 39;
/// `OrdType`.
pub const ORD_TYPE: u32 = 40;
/// `OrigClOrdID`.
pub const ORIG_CL_ORD_ID: u32 = 41;
/// `PossDupFlag`.
pub const POSS_DUP_FLAG: u32 = 43;
/// `Price`.
pub const PRICE: u32 = 44;
/// `RefSeqNum`.
pub const REF_SEQ_NUM: u32 = 45;
/// `SenderCompID`.
pub const SENDER_COMP_ID: u32 = 49;
/// `SenderSubID`.
pub const SENDER_SUB_ID: u32 = 50;
/// `SendingTime`.
pub const SENDING_TIME: u32 = 52;
/// `Side`.
pub const SIDE: u32 = 54;
/// `Symbol`.
pub const SYMBOL: u32 = 55;
/// `TargetCompID`.
pub const TARGET_COMP_ID: u32 = 56;
/// `TargetSubID`.
pub const TARGET_SUB_ID: u32 = 57;
/// `Text`.
pub const TEXT: u32 = 58;
/// `TimeInForce`.
pub const TIME_IN_FORCE: u32 = 59;
/// `TransactTime`.
pub const TRANSACT_TIME: u32 = 60;
/// `PossResend`.
pub const POSS_RESEND: u32 = 97;
/// `EncryptMethod`.
pub const ENCRYPT_METHOD: u32 = 98;
/// `StopPx`.
pub const STOP_PX: u32 = 99;
/// `CxlRejReason`.
pub const CXL_REJ_REASON: u32 = 102;
/// `OrdRejReason`.
pub const ORD_REJ_REASON: u32 = 103;
/// `HeartBtInt`.
pub const HEART_BT_INT: u32 = 108;
/// `TestReqID`.
pub const TEST_REQ_ID: u32 = 112;
/// `OrigSendingTime`.
pub const ORIG_SENDING_TIME: u32 = 122;
/// `GapFillFlag`.
pub const GAP_FILL_FLAG: u32 = 123;
/// `ExpireTime`.
pub const EXPIRE_TIME: u32 = 126;
/// `ResetSeqNumFlag`.
pub const RESET_SEQ_NUM_FLAG: u32 = 141;
/// `ExecType`.
pub const EXEC_TYPE: u32 = 150;
/// `LeavesQty`.
pub const LEAVES_QTY: u32 = 151;
/// `LastMsgSeqNumProcessed`.
pub const LAST_MSG_SEQ_NUM_PROCESSED: u32 = 369;
/// `RefTagID`.
pub const REF_TAG_ID: u32 = 371;
/// `RefMsgType`.
pub const REF_MSG_TYPE: u32 = 372;
/// `SessionRejectReason`.
pub const SESSION_REJECT_REASON: u32 = 373;
/// `BusinessRejectRefID`.
pub const BUSINESS_REJECT_REF_ID: u32 = 379;
/// `BusinessRejectReason`.
pub const BUSINESS_REJECT_REASON: u32 = 380;
/// `CxlRejResponseTo`.
pub const CXL_REJ_RESPONSE_TO: u32 = 434;
/// `Username`.
pub const USERNAME: u32 = 553;
/// `Password`.
pub const PASSWORD: u32 = 554;
/// `AccountType`.
pub const ACCOUNT_TYPE: u32 = 581;
/// `MassStatusReqID`.
pub const MASS_STATUS_REQ_ID: u32 = 584;
/// `MassStatusReqType`.
pub const MASS_STATUS_REQ_TYPE: u32 = 585;
/// `LongQty`.
pub const LONG_QTY: u32 = 704;
/// `ShortQty`.
pub const SHORT_QTY: u32 = 705;
/// `PosReqID`.
pub const POS_REQ_ID: u32 = 710;
/// `ClearingBusinessDate`.
pub const CLEARING_BUSINESS_DATE: u32 = 715;
/// `PosReqType`.
pub const POS_REQ_TYPE: u32 = 724;
/// `TotalNumPosReports`.
pub const TOTAL_NUM_POS_REPORTS: u32 = 727;
/// `PosReqResult`.
pub const POS_REQ_RESULT: u32 = 728;
/// `PosReqStatus`.
pub const POS_REQ_STATUS: u32 = 729;
/// `NextExpectedMsgSeqNum`.
pub const NEXT_EXPECTED_MSG_SEQ_NUM: u32 = 789;
/// `OrdStatusReqID`.
pub const ORD_STATUS_REQ_ID: u32 = 790;
/// `TotNumReports`.
pub const TOT_NUM_REPORTS: u32 = 911;
/// `LastRptRequested`.
pub const LAST_RPT_REQUESTED: u32 = 912;
/// `ManualOrderIndicator`, from FIX 5.0, which CME requires on its 4.x sessions too.
pub const MANUAL_ORDER_INDICATOR: u32 = 1028;

/// `Heartbeat`.
pub const HEARTBEAT: &[u8] = b"0";
/// `TestRequest`.
pub const TEST_REQUEST: &[u8] = b"1";
/// `ResendRequest`.
pub const RESEND_REQUEST: &[u8] = b"2";
/// `Reject`, the session's own.
pub const REJECT: &[u8] = b"3";
/// `SequenceReset`.
pub const SEQUENCE_RESET: &[u8] = b"4";
/// `Logout`.
pub const LOGOUT: &[u8] = b"5";
/// `ExecutionReport`.
pub const EXECUTION_REPORT: &[u8] = b"8";
/// `OrderCancelReject`.
pub const ORDER_CANCEL_REJECT: &[u8] = b"9";
/// `Logon`.
pub const LOGON: &[u8] = b"A";
/// `NewOrderSingle`.
pub const NEW_ORDER_SINGLE: &[u8] = b"D";
/// `OrderCancelRequest`.
pub const ORDER_CANCEL_REQUEST: &[u8] = b"F";
/// `OrderCancelReplaceRequest`.
pub const ORDER_CANCEL_REPLACE_REQUEST: &[u8] = b"G";
/// `OrderStatusRequest`.
pub const ORDER_STATUS_REQUEST: &[u8] = b"H";
/// `OrderMassStatusRequest`.
pub const ORDER_MASS_STATUS_REQUEST: &[u8] = b"AF";
/// `RequestForPositions`.
pub const REQUEST_FOR_POSITIONS: &[u8] = b"AN";
/// `RequestForPositionsAck`.
pub const REQUEST_FOR_POSITIONS_ACK: &[u8] = b"AO";
/// `PositionReport`.
pub const POSITION_REPORT: &[u8] = b"AP";
/// `BusinessMessageReject`.
pub const BUSINESS_MESSAGE_REJECT: &[u8] = b"j";
/// `CollateralInquiry`.
pub const COLLATERAL_INQUIRY: &[u8] = b"BB";
/// `CollateralReport`.
pub const COLLATERAL_REPORT: &[u8] = b"BA";
/// `CollateralInquiryAck`.
pub const COLLATERAL_INQUIRY_ACK: &[u8] = b"BG";
/// `CollInquiryID`.
pub const COLL_INQUIRY_ID: u32 = 909;
/// `SubscriptionRequestType`.
pub const SUBSCRIPTION_REQUEST_TYPE: u32 = 263;
/// `Currency`.
pub const CURRENCY: u32 = 15;
/// `CashOutstanding`.
pub const CASH_OUTSTANDING: u32 = 901;
/// `EndCash`.
pub const END_CASH: u32 = 922;
/// `CollInquiryStatus`.
pub const COLL_INQUIRY_STATUS: u32 = 945;
