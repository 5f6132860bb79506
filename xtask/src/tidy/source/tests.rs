//! What the scan must not be fooled by.

use super::*;

fn code(text: &str) -> String {
    Source::of(text).code
}

#[test]
fn strings_and_comments_leave_the_code() {
    assert_eq!(code("a(\"{\"); // }\nb"), "a(\" \");     \nb");
    assert_eq!(code("/* { /* nested } */ } */ x"), format!("{} x", " ".repeat(24)));
    assert_eq!(code(r##"r#"a"b{"# y"##), r##"r#"    "# y"##);
    assert_eq!(code(r#"b"\"{" z"#), r#"b"   " z"#);
}

#[test]
fn a_lifetime_is_not_a_character() {
    assert_eq!(code("fn a<'a>(x: &'a str) { '{' }"), "fn a<'a>(x: &'a str) { ' ' }");
    assert_eq!(code(r"'\'' '\u{7d}' b'{' 'é'"), r"'  ' '      ' b' ' '  '");
}

#[test]
fn a_raw_identifier_is_not_a_raw_string() {
    assert_eq!(code("r#type = \"x\""), "r#type = \" \"");
}

#[test]
fn strings_are_kept_with_their_place() {
    let source = Source::of("f(\"SELECT 1\"); // \"why\"\n");
    assert_eq!(source.strings, [(3, "SELECT 1".to_owned())]);
}

#[test]
fn functions_are_measured_from_their_name_to_their_last_brace() {
    let text = "trait T { fn no_body(&self); }\nfn two(x: [u8; 2]) -> u8 {\n    '}' as u8 }\nfn three() {\n\"}\";\n}\n";
    let found = Source::of(text).functions();
    let measured: Vec<_> =
        found.iter().map(|function| (function.name.as_str(), function.line, function.lines)).collect();
    assert_eq!(measured, [("two", 2, 2), ("three", 4, 3)]);
}

#[test]
fn modules_know_their_order_their_body_and_whether_they_are_tests() {
    let source = Source::of("pub mod a;\npub(crate) mod b { fn x() {} }\n#[cfg(test)]\nmod tests { use z; }\n");
    let found: Vec<_> =
        source.modules().into_iter().map(|module| (module.name, module.body.is_some(), module.test_only)).collect();
    assert_eq!(
        found,
        [("a".to_owned(), false, false), ("b".to_owned(), true, false), ("tests".to_owned(), true, true)]
    );
    assert!(!source.code_without_tests().contains("use z"));
    assert!(source.code_without_tests().contains("fn x"));
}
