// swift-tools-version: 6.2
import PackageDescription

// Warnings become errors by flag in the Makefile, not here: a newer compiler's new warning must not break a build.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
]

// Spans that borrow from a transaction or a map need lifetime annotations, still experimental in Swift 6.3.
let storageSettings = settings + [.enableExperimentalFeature("Lifetimes")]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]

func module(_ name: String, _ dependencies: [Target.Dependency], _ swiftSettings: [SwiftSetting] = settings) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: swiftSettings)
}

// Tests run against optimised modules and gain nothing from being optimised themselves.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings + [.unsafeFlags(["-Onone"])])
}

let package = Package(
    name: "journeyd",
    products: [
        .executable(name: "journeyd", targets: ["journeyd"]),
        .executable(name: "journeyctl", targets: ["journeyctl"]),
        .library(name: "JourneyClient", targets: ["JourneyClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .target(name: "CLinux"),
        module("LMDB", ["CLMDB", "CLinux"], storageSettings),
        .executableTarget(name: "EmbedSchemas", swiftSettings: settings),
        .plugin(
            name: "EmbedSchemasPlugin",
            capability: .buildTool(),
            dependencies: ["EmbedSchemas"],
            // Not in `Plugins/`, where SwiftPM would look: every module has its folder in `Sources`.
            path: "Sources/EmbedSchemasPlugin"
        ),
        .target(
            name: "JourneyModel",
            dependencies: ["CLinux"],
            exclude: ["README.md"],
            swiftSettings: settings,
            plugins: ["EmbedSchemasPlugin"]
        ),
        module(
            "EventLog",
            [
                "LMDB", "JourneyModel", "CISAL", "CLinux", .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ], storageSettings),
        module(
            "Timelines", ["EventLog", "JourneyModel", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")], storageSettings),
        module("Questions", ["Timelines", "EventLog", "JourneyModel", "CLinux", .product(name: "Crypto", package: "swift-crypto")]),
        module(
            "Views",
            [
                "Questions", "Timelines", "EventLog", "JourneyModel", "LMDB", "CLinux",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ], storageSettings
        ),
        module("Consumers", ["EventLog", "JourneyModel", "LMDB"], storageSettings),
        module(
            "ControlInterface",
            [
                "Views", "Questions", "Timelines", "Consumers", "EventLog", "JourneyModel",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        module(
            "JourneyServer",
            [
                "ControlInterface", "EventLog", "JourneyModel", "CLinux",
                .product(name: "Logging", package: "swift-log"),
            ] + nio
        ),
        module("JourneyClient", ["JourneyModel"] + nio),
        module("ServiceManager", ["JourneyModel", .product(name: "Logging", package: "swift-log")]),
        module(
            "DaemonSettings",
            [
                "JourneyServer", "ControlInterface", "EventLog", "JourneyModel",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ]),
        module("Simulation", ["JourneyModel"]),
        module("CommandLineTools", ["JourneyModel"]),
        .executableTarget(
            name: "journeyd",
            dependencies: [
                "ServiceManager", "DaemonSettings", "JourneyServer", "ControlInterface", "Views", "Questions", "Timelines", "Consumers",
                "EventLog", "JourneyModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "journeyctl",
            dependencies: [
                "JourneyClient", "DaemonSettings", "EventLog", "JourneyModel", "Simulation", "CommandLineTools",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        // Here and not in the package of Benchmarks, as it measures modules that are not for others to see.
        .executableTarget(
            name: "QuestionBenchmark",
            dependencies: [
                "Questions", "Timelines", "EventLog", "JourneyModel", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/QuestionBenchmark",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ViewBenchmark",
            dependencies: [
                "Views", "Questions", "Timelines", "EventLog", "JourneyModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/ViewBenchmark",
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport", dependencies: ["EventLog", "JourneyModel"], path: "Tests/TestSupport", swiftSettings: settings),
        .executableTarget(
            name: "DamageProbe", dependencies: ["Questions", "ControlInterface", "Views", "Timelines", "EventLog", "JourneyModel"],
            path: "Tests/DamageProbe", swiftSettings: settings),
        .executableTarget(
            name: "EmitterProbe", dependencies: ["JourneyClient"], path: "Tests/EmitterProbe", swiftSettings: settings),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "JourneyServer", "ControlInterface", "Views", "Questions", "Timelines", "EventLog", "JourneyModel", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Fuzz", swiftSettings: settings),
        .executableTarget(
            name: "Soak",
            dependencies: ["JourneyModel", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Soak", swiftSettings: settings),
        tests("LMDBTests", ["LMDB", "TestSupport"]),
        tests("JourneyModelTests", ["JourneyModel", "TestSupport"]),
        tests("EventLogTests", ["EventLog", "JourneyModel", "TestSupport"]),
        tests("TimelinesTests", ["Timelines", "EventLog", "JourneyModel", "TestSupport"]),
        tests("QuestionsTests", ["Questions", "Timelines", "EventLog", "JourneyModel", "TestSupport"]),
        tests("ViewsTests", ["Views", "Questions", "Timelines", "EventLog", "JourneyModel", "LMDB", "TestSupport"]),
        .target(name: "Impersonation", path: "Tests/Impersonation"),
        tests("SystemTests", ["ControlInterface", "EventLog", "JourneyModel", "TestSupport", "Impersonation", "journeyd", "journeyctl"]),
        tests("ConsumersTests", ["Consumers", "EventLog", "JourneyModel", "TestSupport"]),
        tests(
            "ControlInterfaceTests",
            ["ControlInterface", "Views", "Questions", "Timelines", "Consumers", "EventLog", "JourneyModel", "TestSupport"]),
        tests("JourneyClientTests", ["JourneyClient"] + nio),
        tests("SimulationTests", ["Simulation", "JourneyModel"]),
        tests("ServiceManagerTests", ["ServiceManager", "TestSupport", .product(name: "Logging", package: "swift-log")]),
        tests("DaemonSettingsTests", ["DaemonSettings", "JourneyServer", "ControlInterface", "EventLog", "JourneyModel", "TestSupport"]),
        tests("CommandLineToolsTests", ["CommandLineTools", "JourneyModel"]),
    ]
)
