// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who only builds the daemon builds its load generator.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: [
        .systemLibrary(name: "CEpoll"),
        .executableTarget(
            name: "LoadGenerator",
            dependencies: ["CEpoll", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: [
                .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
            ]),
    ]
)
