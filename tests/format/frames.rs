//! Decoder of compact frames, as `docs/FORMAT.md` describes them, into the values of the same frames in CBOR.

use super::reader::Value;

/// The remaining bytes.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let (byte, rest) = self.0.split_first().unwrap();
        self.0 = rest;
        *byte
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }

    fn integer(&mut self) -> Value {
        Value::Integer(self.number().try_into().unwrap())
    }

    /// A number, where 0 means none.
    fn optional(&mut self) -> Value {
        match self.integer() {
            Value::Integer(0) => Value::Nothing,
            number => number,
        }
    }

    fn folded(&mut self) -> Value {
        let number = self.number();
        let half = i64::try_from(number >> 1).unwrap();
        Value::Integer(if number & 1 == 0 { half } else { -half - 1 })
    }

    fn text(&mut self) -> Value {
        let length = self.number().try_into().unwrap();
        Value::Text(str::from_utf8(self.take(length)).unwrap().to_owned())
    }

    fn wallet(&mut self) -> Value {
        Value::List(vec![self.text(), self.text()])
    }

    fn cbor(&mut self) -> Value {
        let mut decoder = minicbor::Decoder::new(self.0);
        let value = Value::read(&mut decoder);
        self.take(decoder.position());
        value
    }

    fn list(&mut self, read: impl Fn(&mut Self) -> Value) -> Value {
        Value::List((0..self.number()).map(|_| read(self)).collect())
    }

    fn only_if(&mut self, is_there: bool, read: impl Fn(&mut Self) -> Value) -> Value {
        if is_there { read(self) } else { Value::Nothing }
    }

    fn or_zero(&mut self, is_there: bool) -> Value {
        if is_there { self.folded() } else { Value::Integer(0) }
    }

    fn allocation(&mut self) -> Value {
        Value::List(vec![self.integer(), self.folded()])
    }

    fn operation(&mut self) -> Value {
        Value::List(vec![self.integer(), self.integer()])
    }

    fn charge(&mut self) -> Value {
        Value::List(vec![self.operation(), self.list(Self::input), self.folded()])
    }

    fn input(&mut self) -> Value {
        if self.0[0] > 4 {
            return self.cbor();
        }
        match self.byte() {
            0 => choice(0, vec![self.folded()]),
            1 => choice(1, vec![self.integer()]),
            2 => choice(2, vec![self.folded()]),
            flag => choice(3, vec![Value::Flag(flag == 4)]),
        }
    }

    fn chosen_key(&mut self) -> Value {
        Value::List(vec![self.text(), Value::Bytes(self.take(8).to_vec())])
    }

    fn terms(&mut self) -> Value {
        let bits = self.byte();
        let expires_at = self.only_if(bits & 1 != 0, Self::integer);
        let (mut priority, mut purchase, mut scope) =
            (Value::Integer(50), Value::Nothing, Value::List(Vec::new()));
        if bits & 4 != 0 {
            (priority, purchase, scope) = (self.integer(), self.optional(), self.list(Self::operation));
        }
        let [class, origin] = [bits >> 1 & 1, bits >> 4].map(|code| Value::Integer(code.into()));
        Value::List(vec![expires_at, priority, class, scope, origin, purchase])
    }

    fn pinned(&mut self) -> Value {
        Value::List(vec![self.integer(), self.cbor(), self.terms()])
    }

    fn given(&mut self) -> Vec<Value> {
        let bits = self.byte();
        let (amount, category, terms) = (self.folded(), self.cbor(), self.terms());
        let reason = self.only_if(bits & 1 != 0, Self::text);
        let joins = self.only_if(bits & 2 != 0, Self::integer);
        let metadata = self.only_if(bits & 4 != 0, Self::text);
        vec![amount, category, terms, reason, joins, metadata, self.folded()]
    }

    fn charged(&mut self) -> Vec<Value> {
        let bits = self.byte();
        let (charge, taken) = (self.charge(), self.list(Self::allocation));
        let hold = self.only_if(bits & 8 != 0, Self::integer);
        let key = self.only_if(bits & 32 != 0, Self::chosen_key);
        let settles = match hold {
            Value::Nothing => Value::Nothing,
            hold => Value::List(vec![hold, Value::Flag(bits & 16 != 0), key]),
        };
        let shortfall = self.or_zero(bits & 1 != 0);
        let metadata = self.only_if(bits & 4 != 0, Self::text);
        let balance = self.folded();
        let owed = self.or_zero(bits & 2 != 0);
        let expiries = if bits & 64 != 0 { self.list(Self::expiry) } else { Value::List(Vec::new()) };
        let covered_by = self.only_if(bits & 128 != 0, Self::covered_by);
        vec![charge, taken, settles, shortfall, metadata, balance, owed, expiries, covered_by]
    }

    fn covered_by(&mut self) -> Value {
        Value::List(vec![self.text(), self.text()])
    }

    fn expiry(&mut self) -> Value {
        let grant = self.integer();
        let expires_at = match self.number() {
            0 => Value::Nothing,
            after => Value::Integer(i64::try_from(after - 1).unwrap()),
        };
        Value::List(vec![grant, expires_at])
    }

    fn held(&mut self) -> Value {
        let bits = self.byte();
        let (charge, pins) = (self.charge(), self.list(Self::allocation));
        let (opened_at, open_for) = (self.integer(), self.folded());
        let until = Value::Integer(opened_at.integer() + open_for.integer());
        let key = self.only_if(bits & 2 != 0, Self::chosen_key);
        let metadata = self.only_if(bits & 4 != 0, Self::text);
        let (mut operation, mut unpinned, mut pinned) =
            (charge.list()[0].clone(), Value::Integer(0), Value::List(Vec::new()));
        if bits & 8 != 0 {
            (operation, unpinned, pinned) = (self.operation(), self.folded(), self.list(Self::pinned));
        }
        let purpose = Value::Integer((bits & 1).into());
        let covered_by = self.only_if(bits & 16 != 0, Self::covered_by);
        Value::List(vec![
            charge, pins, until, purpose, key, metadata, operation, unpinned, opened_at, pinned, covered_by,
        ])
    }

    fn body(&mut self) -> Value {
        if self.0[0] == 0x82 {
            return self.cbor();
        }
        match self.byte() {
            1 => choice(1, self.given()),
            2 => choice(2, self.charged()),
            4 => choice(4, vec![self.held()]),
            5 => choice(5, vec![self.integer()]),
            other => panic!("a body of code {other} in few bytes"),
        }
    }

    fn fact(&mut self, own: &[Value]) -> Value {
        let record = match self.byte() {
            0 => choice(0, Vec::new()),
            1 => choice(1, vec![self.wallet()]),
            code @ 2..=3 => choice(code.into(), vec![self.text()]),
            4 => choice(1, own.to_vec()),
            5 => choice(5, Vec::new()),
            other => panic!("a record of choice {other}"),
        };
        Value::List(vec![record, self.optional(), self.integer(), self.body()])
    }

    /// The next frame, compact or in CBOR.
    pub(super) fn frame(&mut self) -> Value {
        if self.0[0] == 0x86 {
            return self.cbor();
        }
        let kind = Value::Integer(self.byte().into());
        let length = usize::try_from(self.number()).unwrap();
        let mut frame = Bytes(self.take(length));
        let facts = frame.number();
        let (code, mut own) = (frame.byte(), Vec::new());
        if code > 0 {
            own.push(frame.wallet());
        }
        let key = frame.text();
        let fingerprint = Value::Bytes(frame.take(8).to_vec());
        let time = frame.integer();
        let facts = (0..facts).map(|_| frame.fact(&own)).collect();
        assert!(frame.0.is_empty(), "a frame has more than it says");
        Value::List(vec![kind, choice(code.into(), own), key, fingerprint, time, Value::List(facts)])
    }
}

/// Counts the facts of these frames.
pub(crate) fn facts(frames: &[u8]) -> u64 {
    let (mut frames, mut facts) = (Bytes(frames), 0);
    while !frames.0.is_empty() {
        let frame = frames.frame();
        facts += frame.list()[5].list().len() as u64;
    }
    facts
}

fn choice(code: i64, fields: Vec<Value>) -> Value {
    Value::List(vec![Value::Integer(code), Value::List(fields)])
}
