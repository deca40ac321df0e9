// A choice with a wrong price exists all the same.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by quality { standard => 10.5.credits, hd => 25.credits }
    }
}

fn main() {
    let scan = Operation::scan(ScanQuality::Hd);
    println!("{:?} {:?}", scan.cost(), ScanQuality::ALL);
    match ScanQuality::Standard {
        ScanQuality::Standard | ScanQuality::Hd => {}
    }
    println!("{:?}", Operation::Scan { quality: ScanQuality::from_name("hd").unwrap() });
}
