//! Which calls of the macro stand in one module, by the text of their file.

use crate::twice::earlier;

#[track_caller]
fn check(source: &str, expected: &[Option<usize>]) {
    let lines = source.lines().enumerate().filter(|(_, line)| line.contains("usage_credits!"));
    let found: Vec<_> = lines.map(|(place, _)| earlier(source, place + 1)).collect();
    assert_eq!(found, expected, "{source}");
}

#[test]
fn a_second_call_of_a_module_is_found() {
    check("usage_credits! { }\nfn main() {}\ncredits_runtime::usage_credits! { }", &[None, Some(1)]);
    check("mod a {\nusage_credits! {}\nusage_credits! {}\n}", &[None, Some(2)]);
    check("usage_credits! {}\nusage_credits! {}\nusage_credits! {}", &[None, Some(1), Some(1)]);
}

#[test]
fn calls_of_modules_of_their_own_are_none() {
    check("mod a {\nusage_credits! {}\n}\nmod b {\nusage_credits! {}\n}\nusage_credits! {}", &[None; 3]);
    check(
        "fn a() {\nusage_credits! { operation b { costs { 1 } } }\n}\nfn c() {\nusage_credits! {}\n}",
        &[None; 2],
    );
}

#[test]
fn calls_for_different_configurations_are_none() {
    check(
        "#[cfg(a)]\nusage_credits! {}\n#[cfg(not(a))]\n// b\ncredits_runtime::usage_credits! {}",
        &[None; 2],
    );
}

#[test]
fn what_is_no_code_is_no_call() {
    for text in [
        "// usage_credits! {",
        "/* /* usage_credits! { */ } */",
        "const A: &str = \"\\\"usage_credits! {\";",
        "const A: &str = r#\"\" usage_credits! {\"#;",
        "const A: char = '{'; const B: char = '\\''; fn a<'a>(_: &'a str) {}",
        "const A: &str = \"\u{fc}\"; // \u{fc}",
        "fn usage_credits() {}",
    ] {
        let source = format!("{text}\nusage_credits! {{}}\n{text}\nusage_credits! {{}}");
        assert_eq!(earlier(&source, 4), Some(2), "{source}");
        assert_eq!(earlier(&source, 2), None, "{source}");
    }
}

#[test]
fn a_file_that_breaks_off_is_read_to_its_end() {
    let source = "usage_credits! { \"\u{fc}\" 'a' r#\"b\"# /* c */ }\nusage_credits! {}";
    for end in (0..=source.len()).filter(|end| source.is_char_boundary(*end)) {
        let cut = &source[..end];
        assert_eq!(earlier(cut, 1), None);
        assert!(earlier(cut, 2).is_none_or(|line| line == 1));
    }
}
