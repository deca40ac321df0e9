//! A definition while it is typed: cut at every token, at its end and in its middle, and with one token missing.

/// The definitions in a document's blocks of Rust.
pub(crate) fn definitions(document: &str) -> Vec<String> {
    let begin = "usage_credits! {\n";
    document
        .split(begin)
        .skip(1)
        .filter_map(|rest| rest.split_once("\n}\n"))
        .map(|(definition, _)| definition.to_owned())
        .collect()
}

/// Every cut. An editor closes the open delimiters.
pub(crate) fn cuts(definition: &str) -> Vec<String> {
    let tokens = tokens(definition);
    let mut cuts = Vec::new();
    for (place, (start, end)) in tokens.iter().enumerate() {
        let open = open_at(definition, &tokens[..place]);
        let closing: String = open.iter().rev().collect();
        let typed = &definition[..*start];
        cuts.push(format!("{typed}\n{closing}"));
        let rest = after_item(definition, &tokens[place..], open.len());
        if !open.is_empty() {
            cuts.push(format!("{typed}\n{closing}\n{rest}"));
        }
        let token = &definition[*start..*end];
        if !"{}()[]".contains(token) {
            cuts.push(format!("{typed} {}", &definition[*end..]));
        }
    }
    cuts
}

/// What closes the brackets that are open after these tokens.
fn open_at(definition: &str, tokens: &[(usize, usize)]) -> Vec<char> {
    let mut open = Vec::new();
    for (start, end) in tokens {
        match &definition[*start..*end] {
            "{" => open.push('}'),
            "(" => open.push(')'),
            "[" => open.push(']'),
            "}" | ")" | "]" => drop(open.pop()),
            _ => {}
        }
    }
    open
}

/// What follows the item that these tokens begin within, this many brackets deep.
fn after_item<'a>(definition: &'a str, tokens: &[(usize, usize)], mut depth: usize) -> &'a str {
    for (start, end) in tokens {
        match &definition[*start..*end] {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &definition[*end..];
        }
    }
    ""
}

/// Where each token begins and ends; comments are none.
fn tokens(source: &str) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let start = source.len() - rest.len();
        let of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            first if of_word(first) => rest.find(|letter| !of_word(letter)).unwrap_or(rest.len()),
            '<' if rest.starts_with("<=") => 2,
            first => first.len_utf8(),
        };
        if !first.is_whitespace() && !rest.starts_with("//") {
            tokens.push((start, start + length));
        }
        rest = &rest[length..];
    }
    tokens
}
