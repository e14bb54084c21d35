//! The contract in Rust: what `wit/` says, expanded by wit-bindgen and nothing more.
//!
//! One module for all that is imported, one for each interface that a plugin exports: a plugin exports what it
//! implements, and the linker puts the parts together into a component of just its world. (Expanding the worlds
//! as they stand would define the exports of the interface `plugin` once for each world.)

/// What the host offers, and the types that both sides speak.
pub mod imports {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world imports {
                import campanile:reporter/types@0.1.0;
                import campanile:reporter/effects@0.1.0;
                import campanile:reporter/events@0.1.0;
                import campanile:reporter/messages@0.1.0;
                import campanile:reporter/data@0.1.0;
                import campanile:reporter/state@0.1.0;
                import campanile:reporter/log@0.1.0;
                import campanile:reporter/helpers@0.1.0;
                import campanile:reporter/hooks@0.1.0;
            }
        ",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, Eq],
    });
}

/// Every plugin says who it is.
pub mod plugin {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world plugin { export campanile:reporter/plugin@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/plugin@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}

/// What a reporter exports.
pub mod reporting {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world reporting { export campanile:reporter/reporting@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/effects@0.1.0": super::imports::campanile::reporter::effects,
            "campanile:reporter/events@0.1.0": super::imports::campanile::reporter::events,
            "campanile:reporter/reporting@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}

/// What review callbacks export.
pub mod reviewing {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world reviewing { export campanile:reporter/reviewing@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/effects@0.1.0": super::imports::campanile::reporter::effects,
            "campanile:reporter/messages@0.1.0": super::imports::campanile::reporter::messages,
            "campanile:reporter/reviewing@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}

/// What an address lookup exports.
pub mod addressing {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world addressing { export campanile:reporter/addressing@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/addressing@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}

/// What a getter of previous builds exports.
pub mod preceding {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world preceding { export campanile:reporter/preceding@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/preceding@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}

/// What a change hook exports.
pub mod hooking {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world hooking { export campanile:reporter/hooking@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/effects@0.1.0": super::imports::campanile::reporter::effects,
            "campanile:reporter/events@0.1.0": super::imports::campanile::reporter::events,
            "campanile:reporter/hooks@0.1.0": super::imports::campanile::reporter::hooks,
            "campanile:reporter/hooking@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}

/// What a message formatter exports.
pub mod formatting {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package campanile:sdk;
            world formatting { export campanile:reporter/formatting@0.1.0; }
        ",
        with: {
            "campanile:reporter/types@0.1.0": super::imports::campanile::reporter::types,
            "campanile:reporter/effects@0.1.0": super::imports::campanile::reporter::effects,
            "campanile:reporter/messages@0.1.0": super::imports::campanile::reporter::messages,
            "campanile:reporter/formatting@0.1.0": generate,
        },
        pub_export_macro: true,
    });
}
