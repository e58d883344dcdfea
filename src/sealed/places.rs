//! The places where a platform keeps sealed records, as one area. The place is chosen when a store is opened.

/// Defines an enum of areas that is itself an area, and one of their holds. For a new place, add one line to it.
macro_rules! places {
    ($(#[$attribute:meta])* $vis:vis enum $Places:ident of $Key:ty, held by $Hold:ident { $($(#[$only:meta])* $Place:ident($Area:ty),)+ }) => {
        $(#[$attribute])*
        $vis enum $Places {
            $($(#[$only])* $Place($Area),)+
        }

        /// What makes others wait in one of them.
        $vis enum $Hold {
            $($(#[$only])* $Place(<$Area as $crate::sealed::area::RecordArea>::Hold),)+
        }

        impl $crate::sealed::area::RecordArea for $Places {
            type DeviceKey = $Key;
            type Hold = $Hold;

            async fn find(&self) -> $crate::error::Result<$crate::sealed::area::Found<$Key>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.find().await,)+ }
            }

            async fn create(
                &self,
                ring: $crate::sealed::area::StoredRing<$Key>,
            ) -> $crate::error::Result<$crate::sealed::area::Found<$Key>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.create(ring).await,)+ }
            }

            async fn some(&self) -> $crate::error::Result<Vec<$crate::sealed::area::Bytes>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.some().await,)+ }
            }

            async fn get(
                &self,
                ring: &$crate::sealed::area::RingId,
                names: &[$crate::sealed::format::StoredName],
                age: $crate::sealed::area::Age,
            ) -> $crate::error::Result<$crate::sealed::area::Read<Vec<Option<$crate::sealed::area::Bytes>>>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.get(ring, names, age).await,)+ }
            }

            async fn all(
                &self,
                ring: &$crate::sealed::area::RingId,
                age: $crate::sealed::area::Age,
            ) -> $crate::error::Result<$crate::sealed::area::Read<$crate::sealed::area::Records>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.all(ring, age).await,)+ }
            }

            async fn write(
                &self,
                ring: &$crate::sealed::area::RingId,
                edits: &[$crate::sealed::area::Edit],
                expected: &[$crate::sealed::area::Expected],
            ) -> $crate::error::Result<$crate::sealed::area::Read<$crate::sealed::area::Written>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.write(ring, edits, expected).await,)+ }
            }

            async fn hold(&self) -> $crate::error::Result<Option<$Hold>> {
                match self { $($(#[$only])* $Places::$Place(area) => Ok(area.hold().await?.map($Hold::$Place)),)+ }
            }

            async fn replace(
                &self,
                ring: &$crate::sealed::area::RingId,
                with: $crate::sealed::area::StoredRing<$Key>,
                records: Option<$crate::sealed::area::Replacement<'_, $Hold>>,
            ) -> $crate::error::Result<$crate::sealed::area::Read<$crate::sealed::area::Written>> {
                use $crate::sealed::area::Replacement;
                match self {
                    $($(#[$only])* $Places::$Place(area) => {
                        let records = records.map(|Replacement { revision, records, hold }| {
                            let hold = hold.and_then(|hold| match hold {
                                $Hold::$Place(hold) => Some(hold),
                                #[allow(unreachable_patterns, reason = "there may be one place")]
                                _ => None,
                            });
                            Replacement { revision, records, hold }
                        });
                        area.replace(ring, with, records).await
                    })+
                }
            }

            async fn destroy(&self) -> $crate::error::Result<Option<Vec<u8>>> {
                match self { $($(#[$only])* $Places::$Place(area) => area.destroy().await,)+ }
            }
        }

        impl $crate::sealed::peers::Peers for $Places {
            fn news(&self) -> &std::sync::Arc<$crate::sealed::news::News> {
                match self { $($(#[$only])* $Places::$Place(area) => area.news(),)+ }
            }

            fn forget(&self) {
                match self { $($(#[$only])* $Places::$Place(area) => area.forget(),)+ }
            }

            fn follow(&self, follower: std::sync::Weak<dyn $crate::sealed::peers::Follower>) {
                match self { $($(#[$only])* $Places::$Place(area) => area.follow(follower),)+ }
            }
        }
    };
}

pub(crate) use places;
