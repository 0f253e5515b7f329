// swift-tools-version: 6.2
import PackageDescription

/// In CI a warning is an error; elsewhere it stays a warning, so that a newer compiler never stops a user's build.
let strict: [SwiftSetting] =
    Context.environment["CI"] == nil
    ? []
    : [.treatAllWarnings(as: .error)]

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "portlog",
    products: [
        .executable(name: "portlog", targets: ["portlog"])
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // The file is read with Yams itself: it tells the lines, and the names that swift-configuration cannot list.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // The product. Arrows point at the vocabulary (PortModel) and never back: docs/architecture.md.
        .target(name: "PortModel", swiftSettings: strict),
        .target(name: "ProcFS", dependencies: ["PortModel"], swiftSettings: strict),
        .target(
            name: "Migrations",
            path: "Migrations",
            resources: [
                .embedInCode("0001_intervals.sql"), .embedInCode("0002_rollups.sql"),
                .embedInCode("0003_namespaces.sql"), .embedInCode("0004_alerts.sql"),
            ],
            swiftSettings: strict),
        .target(
            name: "PortHistory",
            dependencies: ["PortModel", "Migrations", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(name: "PortReports", dependencies: ["PortModel", "PortHistory"], swiftSettings: strict),
        .target(name: "PortAlerts", dependencies: ["PortModel", "PortHistory"], swiftSettings: strict),
        .systemLibrary(name: "CLinux"),
        .target(name: "SockDiag", dependencies: ["CLinux", "PortModel"], swiftSettings: strict),
        .target(
            name: "PortRecorder",
            dependencies: [
                "CLinux", "PortModel", "ProcFS", "SockDiag", "PortHistory", "PortAlerts", logging,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "PortProbe", dependencies: ["PortModel", "ProcFS", "SockDiag"], swiftSettings: strict),
        .executableTarget(
            name: "portlog",
            dependencies: [
                "PortModel", "PortHistory", "PortReports", "PortAlerts", "PortRecorder", "PortProbe", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Configuration", package: "swift-configuration"), "Yams",
            ],
            // Commands run on the main thread: the heaps of others grow by a system call a page.
            swiftSettings: strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),

        // Not of the product: makes sockets of every kind for the tests and the benchmarks.
        .executableTarget(
            name: "portload",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/PortLoad",
            swiftSettings: strict),

        // Not of the product: writes long histories of a simulated host for the tests and the benchmarks.
        .executableTarget(
            name: "portgen",
            dependencies: [
                "PortModel", "PortHistory", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/PortGen",
            swiftSettings: strict),

        // What several of the tests need.
        .target(
            name: "TestSupport",
            dependencies: ["Migrations", grdb],
            path: "Tests/TestSupport",
            exclude: ["Fixtures"],
            swiftSettings: strict),

        .testTarget(name: "PortModelTests", dependencies: ["PortModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ProcFSTests",
            dependencies: ["ProcFS", "PortModel", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "SockDiagTests",
            dependencies: ["SockDiag", "CLinux", "PortModel", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PortHistoryTests",
            dependencies: ["PortHistory", "PortModel", "Migrations", "TestSupport", grdb],
            swiftSettings: strict),
        .testTarget(
            name: "PortGenTests",
            dependencies: ["portgen", "PortHistory", "PortModel", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PortReportsTests",
            dependencies: ["PortReports", "PortHistory", "PortModel", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PortAlertsTests",
            dependencies: ["PortAlerts", "PortHistory", "PortModel", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PortRecorderTests",
            dependencies: ["PortRecorder", "PortAlerts", "PortHistory", "ProcFS", "PortModel", grdb, logging],
            swiftSettings: strict),
        .testTarget(
            name: "PortlogTests",
            dependencies: ["portlog", "PortModel", "PortHistory", "PortReports", "TestSupport"],
            exclude: ["Golden"],
            swiftSettings: strict),
        // What glibc keeps from Swift and the live tests need.
        .systemLibrary(name: "CThreads", path: "Tests/LiveTests/CThreads"),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "portlog", "portload", "CLinux", "CThreads", "PortModel", "ProcFS", "SockDiag", "PortHistory",
                "PortProbe",
                "PortReports", "TestSupport",
            ],
            exclude: ["CThreads"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
