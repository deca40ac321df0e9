//! Categories of entries. Their codes are part of the file format.

use std::sync::Arc;

use minicbor::data::Type;
use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! categories {
    ($($code:literal $variant:ident $name:literal $doc:literal)*) => {
        /// The category of an entry, such as a bonus or the charge of an operation.
        ///
        /// A text converts into the category of this name: one of the ledger's, or one that the application
        /// lists in the `categories` of its settings.
        ///
        /// ```
        /// use credits_runtime::Category;
        /// assert_eq!(Category::from("bonus"), Category::Bonus);
        /// assert_eq!(Category::from("tip").name(), "tip");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Category {
            $(#[doc = $doc] $variant,)*
            /// A category that the application declares.
            Application(Arc<str>),
        }

        impl Category {
            /// The ledger's own categories.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, such as `operation_charge`.
            pub fn name(&self) -> &str {
                match self { $(Self::$variant => $name,)* Self::Application(name) => name }
            }

            /// The name for people: `Operation charge`, `Tip`.
            ///
            /// ```
            /// use credits_runtime::Category;
            /// assert_eq!(Category::CreditPackPurchase.label(), "Credit pack purchase");
            /// ```
            pub fn label(&self) -> String {
                spoken(self.name())
            }

            /// The code of one of the ledger's own categories; `None` for the application's.
            pub(crate) const fn code(&self) -> Option<u8> {
                match self { $(Self::$variant => Some($code),)* Self::Application(_) => None }
            }

            pub(crate) const fn of_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

categories! {
    0 SignupBonus "signup_bonus" "A gift for signing up."
    1 ReferralBonus "referral_bonus" "A gift for a referral."
    2 Bonus "bonus" "A bonus of any other kind."
    3 SubscriptionCredits "subscription_credits" "Credits of a subscription's cycle."
    4 SubscriptionTrial "subscription_trial" "Credits of a trial."
    5 SubscriptionSignupBonus "subscription_signup_bonus" "The signup bonus of a plan, given with the first paid cycle."
    6 SubscriptionUpgrade "subscription_upgrade" "Credits of a rise of plans, items or quantities within a cycle."
    7 SubscriptionRefund "subscription_refund" "Credits of a subscription that were taken back, or given back after that."
    8 CreditPackPurchase "credit_pack_purchase" "Credits of a pack."
    9 CreditPackRefund "credit_pack_refund" "Credits taken back when a pack was refunded, or given back when the refund failed."
    10 OperationCharge "operation_charge" "The charge of an operation."
    11 ManualAdjustment "manual_adjustment" "A correction by an administrator, or a gift of no other category."
    12 CreditDeducted "credit_deducted" "Credits taken by an administrator."
    13 TransferIn "transfer_in" "Credits received from another wallet."
    14 TransferOut "transfer_out" "Credits sent to another wallet."
    15 Expired "expired" "The free part of a grant at its expiry."
    16 Dispute "dispute" "Credits taken back when a dispute withdrew funds."
    17 DisputeReversal "dispute_reversal" "Credits given back when a dispute was won."
    18 DebtRepaid "debt_repaid" "Credits that repaid a debt as they became free."
}

impl Category {
    /// Whether the reason of its entries is the name of a plan or pack.
    pub(crate) fn names_its_item(&self) -> bool {
        matches!(
            self,
            Self::SubscriptionCredits
                | Self::SubscriptionTrial
                | Self::SubscriptionSignupBonus
                | Self::SubscriptionUpgrade
                | Self::SubscriptionRefund
                | Self::CreditPackPurchase
                | Self::CreditPackRefund
                | Self::Dispute
                | Self::DisputeReversal
        )
    }

    /// The category of a gift by its reason: `signup`, `referral`, any text with `bonus` in it in any case, or else a
    /// manual adjustment.
    pub fn of_reason(reason: Option<&str>) -> Self {
        match reason {
            Some("signup") => Self::SignupBonus,
            Some("referral") => Self::ReferralBonus,
            Some(text) if text.to_lowercase().contains("bonus") => Self::Bonus,
            _ => Self::ManualAdjustment,
        }
    }
}

/// A name as people read it: `process_document` is `Process document`.
pub(crate) fn spoken(name: &str) -> String {
    let mut letters = name.chars().map(|letter| if letter == '_' { ' ' } else { letter });
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

impl From<&str> for Category {
    fn from(name: &str) -> Self {
        let known = Self::ALL.iter().find(|category| category.name() == name).cloned();
        known.unwrap_or_else(|| Self::Application(name.into()))
    }
}

impl<C> Encode<C> for Category {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self.code() {
            Some(code) => encoder.u8(code)?.ok(),
            None => encoder.str(self.name())?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Category {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        if decoder.datatype()? == Type::String {
            return Ok(Self::Application(decoder.str()?.into()));
        }
        let unknown = || minicbor::decode::Error::message("a category of no known code");
        Self::of_code(decoder.u8()?).ok_or_else(unknown)
    }
}

impl Serialize for Category {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Category {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from(name.as_str()))
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_means_a_category() {
        for (reason, category) in [
            (Some("signup"), Category::SignupBonus),
            (Some("referral"), Category::ReferralBonus),
            (Some("spring bonus"), Category::Bonus),
            (Some("Welcome BONUS!"), Category::Bonus),
            (Some("sorry"), Category::ManualAdjustment),
            (None, Category::ManualAdjustment),
        ] {
            assert_eq!(Category::of_reason(reason), category, "{reason:?}");
        }
    }

    #[test]
    fn a_category_serialises_as_its_name() {
        for category in Category::ALL {
            assert_eq!(serde_json::to_value(category).unwrap(), category.name());
        }
    }
}
