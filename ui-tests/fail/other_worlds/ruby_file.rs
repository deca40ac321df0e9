// The initializer of the gem is one error.

use credits_runtime::usage_credits;

usage_credits! {
    UsageCredits.configure do |config|
      operation :generate_image do
        costs 50.credits
      end
    end
}

fn main() {}
