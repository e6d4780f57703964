//! Each thing that a dictionary can find wrong, in a message of our own.

use super::*;
use crate::fix::codec::{Inbox, SessionRejectReason as Reason, encode_message};

const SMALL: &str = "<fix>
 <header><field name='Type' required='Y'/><field name='Seq' required='Y'/><field name='Time'/></header>
 <trailer><field name='Seal'/></trailer>
 <messages><message msgtype='D'>
   <field name='Id' required='Y'/><component name='Block' required='N'/>
   <group name='Legs'><field name='Leg' required='Y'/><field name='Ratio'/>
     <group name='Notes'><field name='Note'/></group></group>
   <field name='Side'/><field name='Marks'/><field name='Px'/><field name='On'/><field name='Day'/>
   <field name='Clock'/><field name='Count'/>
 </message><message msgtype='E'/></messages>
 <components><component name='Block'><field name='Part' required='Y'/></component></components>
 <fields>
  <field number='35' name='Type' type='STRING'/><field number='34' name='Seq' type='SEQNUM'/>
  <field number='52' name='Time' type='UTCTIMESTAMP'/><field number='89' name='Seal' type='DATA'/>
  <field number='11' name='Id' type='STRING'/><field number='20' name='Part' type='STRING'/>
  <field number='100' name='Legs' type='NUMINGROUP'/><field number='101' name='Leg' type='STRING'/>
  <field number='102' name='Ratio' type='INT'/><field number='110' name='Notes' type='NUMINGROUP'/>
  <field number='111' name='Note' type='STRING'/><field number='300' name='Elsewhere' type='STRING'/>
  <field number='54' name='Side' type='CHAR'><value enum='1'/><value enum='2'/></field>
  <field number='18' name='Marks' type='MULTIPLEVALUESTRING'><value enum='a'/><value enum='b'/></field>
  <field number='44' name='Px' type='PRICE'/><field number='43' name='On' type='BOOLEAN'/>
  <field number='75' name='Day' type='LOCALMKTDATE'/><field number='273' name='Clock' type='UTCTIMEONLY'/>
  <field number='146' name='Count' type='INT'/>
 </fields></fix>";

/// What a dictionary finds in a message: the tag and the reason.
fn found(dictionary: &Dictionary, body: &str) -> Option<(u32, Reason)> {
    let mut buffer = vec![0; 4_096];
    let body = body.replace('|', "\x01");
    let len = encode_message(&mut buffer, |w| w.encoded(body.as_bytes())).expect("fits");
    let mut inbox = Inbox::new();
    inbox.push(&buffer[..len]);
    let message = inbox.next().expect("sound").expect("whole");
    dictionary.check(&message).err().map(|fault| (fault.tag, fault.reason))
}

#[test]
fn a_sound_message_passes_with_its_body_in_any_order() {
    let dictionary = Dictionary::read(SMALL).expect("sound");
    for body in [
        "35=D|34=1|11=A|",
        "35=D|52=20261127-07:00:00|34=1|54=1|11=A|89=x|",
        "35=D|34=1|100=2|101=a|102=-1|110=2|111=x|111=y|101=b|11=A|54=2|",
        "35=D|34=1|11=A|100=0|",
        "35=D|34=1|11=A|100=1|101=a|110=0|",
        "35=D|34=1|11=A|18=a b a|44=-0.50|43=N|75=20261127|273=07:00:00.123|146=-5|",
        "35=D|34=1|11=A|5000=mine|9999=theirs|",
        "35=E|34=1|",
    ] {
        assert_eq!(found(&dictionary, body), None, "{body}");
    }
}

#[test]
fn each_thing_that_is_wrong_is_told_by_its_tag_and_reason() {
    let dictionary = Dictionary::read(SMALL).expect("sound");
    for (body, tag, reason) in [
        ("35=Z|34=1|11=A|", 0, Reason::InvalidMsgType),
        ("35=D|11=A|", 34, Reason::RequiredTagMissing),
        ("35=D|34=1|54=1|", 11, Reason::RequiredTagMissing),
        ("35=D|34=1|11=A|999=x|", 999, Reason::InvalidTag),
        ("35=D|34=1|11=A|4999=x|", 4_999, Reason::InvalidTag),
        ("35=D|34=1|11=A|300=x|", 300, Reason::TagNotDefinedForType),
        ("35=E|34=1|11=A|", 11, Reason::TagNotDefinedForType),
        ("35=D|34=1|11=|54=1|", 11, Reason::TagWithoutValue),
        ("35=D|34=1|11=A|54=3|", 54, Reason::ValueIncorrect),
        ("35=D|34=1|11=A|18=a c|", 18, Reason::ValueIncorrect),
        ("35=D|34=1|11=A|54=12|", 54, Reason::IncorrectFormat),
        ("35=D|34=x|11=A|", 34, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|44=1.2.3|", 44, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|44=+1|", 44, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|43=y|", 43, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|75=20261301|", 75, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|273=25:00:00|", 273, Reason::IncorrectFormat),
        ("35=D|34=1|52=noon|11=A|", 52, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|11=A|", 11, Reason::TagAppearsTwice),
        ("35=D|34=1|11=A|54=1|44=1|54=1|", 54, Reason::TagAppearsTwice),
        ("35=D|11=A|34=1|", 34, Reason::OutOfOrder),
        ("35=D|34=1|89=x|11=A|", 11, Reason::OutOfOrder),
        ("35=D|34=1|11=A|100=2|101=a|", 100, Reason::GroupCount),
        ("35=D|34=1|11=A|100=1|101=a|101=b|", 100, Reason::GroupCount),
        ("35=D|34=1|11=A|100=1|", 100, Reason::GroupCount),
        ("35=D|34=1|11=A|100=1|102=1|101=a|", 102, Reason::GroupOutOfOrder),
        ("35=D|34=1|11=A|100=1|101=a|110=1|111=x|102=1|", 102, Reason::GroupOutOfOrder),
        ("35=D|34=1|11=A|100=1|101=a|102=1|102=2|", 102, Reason::TagAppearsTwice),
        ("35=D|34=1|11=A|100=1|101=a|110=2|111=x|", 110, Reason::GroupCount),
        ("35=D|34=1|11=A|100=1|101=a|102=x|", 102, Reason::IncorrectFormat),
        ("35=D|34=1|11=A|300=x|300=y|", 300, Reason::TagNotDefinedForType),
        ("35=D|34=1|11=A|101=a|", 101, Reason::TagNotDefinedForType),
    ] {
        assert_eq!(found(&dictionary, body), Some((tag, reason)), "{body}");
    }
}

#[test]
fn each_entry_of_a_group_must_hold_what_it_requires() {
    let ratio = "<field name='Ratio'/>";
    let required = SMALL.replacen(ratio, "<field name='Ratio' required='Y'/>", 1);
    let note = "<group name='Notes'>";
    let noted = required.replacen(note, "<group name='Notes' required='Y'>", 1);
    let (required, noted) = (Dictionary::read(&required), Dictionary::read(&noted));
    let (required, noted) = (required.expect("sound"), noted.expect("sound"));
    let missing = |tag| Some((tag, Reason::RequiredTagMissing));
    for (entries, found_there, found_where_noted) in [
        ("100=1|101=a|102=1|", None, missing(110)),
        ("100=1|101=a|102=1|110=1|111=x|", None, None),
        ("100=1|101=a|", missing(102), missing(102)),
        ("100=1|101=a|54=1|", missing(102), missing(102)),
        ("100=2|101=a|101=b|102=1|", missing(102), missing(102)),
        ("100=2|101=a|102=1|110=0|101=b|", missing(102), missing(102)),
        ("100=2|101=a|102=1|101=b|102=1|110=0|", None, missing(110)),
        ("100=1|101=a|110=1|111=x|", missing(102), missing(102)),
        // It is there, but late.
        (
            "100=1|101=a|110=1|111=x|102=1|",
            Some((102, Reason::GroupOutOfOrder)),
            Some((102, Reason::GroupOutOfOrder)),
        ),
        ("100=0|", None, None),
    ] {
        let body = format!("35=D|34=1|11=A|{entries}");
        assert_eq!(found(&required, &body), found_there, "{body}");
        assert_eq!(found(&noted, &body), found_where_noted, "{body}");
    }
}

#[test]
fn a_dictionary_tells_which_types_and_fields_it_defines() {
    let dictionary = Dictionary::read(SMALL).expect("sound");
    assert!(dictionary.knows(b"D") && !dictionary.knows(b"Z"));
    for (tag, allowed) in
        [(11, true), (34, true), (89, true), (300, false), (1_028, false), (5_000, true)]
    {
        assert_eq!(dictionary.allows(b"D", tag), allowed, "{tag}");
    }
    assert!(!dictionary.allows(b"E", 11) && !dictionary.allows(b"Z", 5_000));
}

#[test]
fn a_dictionary_that_contradicts_itself_is_refused() {
    for (from, to, says) in [
        ("name='Block' required='N'/>", "name='Blocks'/>", "component \"Blocks\""),
        ("<field name='Marks'/>", "<field name='Remarks'/>", "field \"Remarks\""),
        ("msgtype='E'", "", "msgtype"),
        ("number='44'", "number='x'", "number"),
        ("<trailer>", "<tail>", "ends that was not begun"),
        ("<field name='Part' required='Y'/>", "<component name='Block'/>", "too deeply"),
    ] {
        let error = Dictionary::read(&SMALL.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.contains(says), "{to}: {error}");
    }
}

#[test]
fn our_own_dictionary_takes_what_we_send_and_knows_1028_for_none_of_it() {
    let dictionary = Dictionary::built_in();
    let header = "49=US|56=THEM|34=3|52=20261127-07:00:00.000|";
    let order = "11=1-0|1=ACC|55=ESZ6|54=1|60=20261127-07:00:00|38=1|21=1|40=2|44=5000|59=0|";
    for body in [
        format!("35=D|{header}{order}"),
        format!("35=D|{header}{order}528=A|453=1|448=X|447=D|452=3|"),
        format!("35=F|{header}11=1-1|41=1-0|1=ACC|55=ESZ6|54=1|60=20261127-07:00:00|38=1|"),
        format!("35=G|{header}41=1-0|{order}"),
        format!("35=H|{header}11=1-0|790=1-2|1=ACC|55=ESZ6|54=1|"),
        format!("35=AF|{header}584=1-3|585=7|"),
        format!("35=A|{header}98=0|108=30|141=Y|"),
        format!("35=4|{header}43=Y|122=20261127-07:00:00|123=Y|36=9|"),
    ] {
        assert_eq!(found(&dictionary, &body), None, "{body}");
    }
    let manual = found(&dictionary, &format!("35=D|{header}{order}1028=N|"));
    assert_eq!(manual, Some((1_028, Reason::InvalidTag)));
}

#[test]
fn a_few_lines_of_components_that_hold_one_another_do_not_hold_the_start() {
    // Each of fourteen levels names the next one eight times: 8^13 places.
    let level = |at: usize| {
        let inner = format!("<component name='C{}'/>", at + 1).repeat(8);
        format!("<component name='C{at}'>{inner}</component>")
    };
    let levels: String = (0..13).map(level).collect();
    let text = format!(
        "<fix><header/><trailer/><messages><message msgtype='D'><component name='C0'/></message></messages>\
         <components>{levels}<component name='C13'/></components><fields/></fix>"
    );
    let error = Dictionary::read(&text).expect_err("too many").to_string();
    assert!(error.contains("hold one another"), "{error}");
}
