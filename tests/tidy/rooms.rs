//! Rooms: which folders and files use which. Paths of `use` lines and of code are resolved; a room uses only the rooms that its
//! row lists, every row and every entry is needed, and no rooms use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, before_tests, code_lines};
use houses::{HOUSES, House};

mod houses;

/// Says which files use a room that their row does not list, which rows and entries are not needed, and which rooms form a circle.
pub(super) fn broken(sources: &[Source]) -> Vec<String> {
    let upward = sources.iter().flat_map(upward);
    upward.chain(HOUSES.iter().flat_map(|house| of_house(house, sources))).collect()
}

fn of_house(house: &House, sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        if let Some(room) = house.room_of_file(&source.path) {
            used.entry(room).or_default().extend(uses(house, source));
        }
    }
    for (room, listed) in house.rooms {
        let Some(used) = used.get(room) else {
            broken.push(format!("no file of {} is in `{room}`", house.root));
            continue;
        };
        let unused = listed.iter().filter(|other| !used.contains(**other));
        broken.extend(unused.map(|other| format!("`{room}` does not use `{other}`")));
    }
    broken.extend(circle(house).map(|rooms| format!("{} use each other", rooms.join(", "))));
    broken
}

/// Says which rooms a file uses although the row of its room does not list them.
pub(super) fn upward(source: &Source) -> Vec<String> {
    let house = HOUSES.iter().find(|house| source.path.starts_with(house.root));
    let Some((house, room)) = house.and_then(|house| Some((house, house.room_of_file(&source.path)?))) else {
        return Vec::new();
    };
    let listed = house.rooms.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, listed)| listed);
    let others = uses(house, source).into_iter().filter(|other| *other != room && !listed.contains(other));
    others.map(|other| format!("{}: `{room}` may not use `{other}`", source.path)).collect()
}

/// A circle of rooms, if there is one: what is left after rooms that use no others were taken away again and again.
fn circle(house: &House) -> Option<Vec<&'static str>> {
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        house.rooms.iter().map(|(room, listed)| (*room, listed.iter().copied().collect())).collect();
    loop {
        let free: Vec<&str> =
            left.iter().filter(|(_, used)| used.is_empty()).map(|(room, _)| *room).collect();
        if free.is_empty() {
            return (!left.is_empty()).then(|| left.into_keys().collect());
        }
        for room in free {
            left.remove(room);
            for used in left.values_mut() {
                used.remove(room);
            }
        }
    }
}

/// The rooms that a file's code uses.
fn uses(house: &House, source: &Source) -> BTreeSet<&'static str> {
    let module = house.module_of(&source.path);
    if source.path.ends_with("tests.rs") || source.path.contains("/schedules") {
        return BTreeSet::new();
    }
    let code: String = code_lines(before_tests(source)).collect::<Vec<_>>().join("\n");
    let mut paths = Vec::new();
    let mut rest = &code[..];
    while let Some(start) = rest.find("use ") {
        let (before, after) = rest.split_at(start);
        paths.extend(plain_paths(before));
        let (tree, after) = after["use ".len()..].split_once(';').unwrap_or((after, ""));
        expand("", tree, &mut paths);
        rest = after;
    }
    paths.extend(plain_paths(rest));
    let absolute = paths.iter().filter_map(|path| absolute(path, &module));
    absolute.filter_map(|path| house.room_of_path(&path)).collect()
}

/// Paths in code that begin with `crate::` or `super::`.
fn plain_paths(code: &str) -> Vec<String> {
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter| !is_path(letter));
    let paths = words.filter(|word| word.starts_with("crate::") || word.starts_with("super::"));
    paths.map(str::to_owned).collect()
}

/// The paths of a `use` tree.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((path, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        paths.push(format!("{prefix}{path}"));
        return;
    };
    let prefix = format!("{prefix}{}", path.trim());
    let (mut depth, mut start) = (0, 0);
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                expand(&prefix, &group[start..place], paths);
                return;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &group[start..place], paths);
                start = place + 1;
            }
            _ => {}
        }
    }
}

/// A path from the root of the crate; `None` for paths into other crates.
fn absolute(path: &str, module: &[String]) -> Option<Vec<String>> {
    let mut names = path.split("::").map(str::to_owned).peekable();
    let mut base = module.to_vec();
    match names.peek().map(String::as_str) {
        Some("crate") => {
            names.next();
            base.clear();
        }
        Some("super") => {
            while names.next_if(|name| name == "super").is_some() {
                base.pop();
            }
        }
        _ => return None,
    }
    Some(base.into_iter().chain(names).collect())
}

impl House {
    /// The module of a file, from the root of the crate.
    fn module_of(&self, path: &str) -> Vec<String> {
        let path = path.strip_prefix(self.root).unwrap_or(path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        let path = path.strip_suffix("/mod").unwrap_or(path);
        path.split('/').map(str::to_owned).collect()
    }

    fn room_of_file(&self, path: &str) -> Option<&'static str> {
        path.starts_with(self.root).then(|| self.room_of_path(&self.module_of(path))).flatten()
    }

    /// The room with the longest name that a path begins with.
    fn room_of_path(&self, path: &[String]) -> Option<&'static str> {
        let is_alias = |(module, _): &(&str, _)| path.first().is_some_and(|first| first == module);
        if let Some((_, room)) = self.alias.filter(is_alias) {
            return Some(room);
        }
        let begins = |room: &str| room.split('/').zip(path).filter(|(name, found)| name == found).count();
        let rooms = self.rooms.iter().map(|(room, _)| *room);
        let matching = rooms.filter(|room| begins(room) == room.split('/').count());
        matching.max_by_key(|room| room.split('/').count())
    }
}
