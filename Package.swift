// swift-tools-version: 6.2
import PackageDescription

// The pure band needs no package: `CELLBLOCK_PURE=1 swift build` makes and tests it alone, in a
// fraction of the time. With `CELLBLOCK_DISK=1` storage, chain and indexes are there as well.
let hasDisk = Context.environment["CELLBLOCK_DISK"] != nil
let isPure = hasDisk || Context.environment["CELLBLOCK_PURE"] != nil

// Fuzzers have no `main` of their own: they build with `--sanitize fuzzer` alone (Tests/Fuzz/run.sh).
let fuzzes = Context.environment["CELLBLOCK_FUZZ"] != nil

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // Own `~Escapable` readers need it; swift-nio and swift-collections enable it as well.
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

// Without it the small functions and generics of these modules are called, unspecialised, by all others: a tenth
// of the time of validation (Docs/Benchmarks.md).
let inlinable = settings + [
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
]

func system(_ name: String, pkgConfig: String?, apt: String, brew: String) -> Target {
    .systemLibrary(
        name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

func module(
    _ name: String, path: String? = nil, _ dependencies: [Target.Dependency],
    exclude: [String] = [], resources: [Resource]? = nil, settings: [SwiftSetting] = settings
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude,
        resources: resources, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
        swiftSettings: settings)
}

/// A program that the fuzzing engine drives.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency] = ["FuzzProperties"]) -> Target {
    .executableTarget(
        name: "Fuzz\(name)", dependencies: dependencies, path: "Tests/Fuzz/Fuzz\(name)",
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
}

let networks = ["mainnet", "testnet3", "testnet4", "signet", "regtest", "yard"]

// Below the line: values in, values out.
let pure: [Target] = [
    system(
        "CSecp256k1", pkgConfig: "libsecp256k1", apt: "libsecp256k1-dev", brew: "libsecp256k1"),
    system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl@3"),
    // Optimised in debug builds too, or everything that hashes is thirty times slower there.
    .target(
        name: "CSHA256", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    .target(
        name: "CMuHash", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    module("Notation", [], settings: inlinable),
    module("Options", ["Notation"]),
    module(
        "Cryptography", ["Notation", "CSHA256", "CMuHash", "CSecp256k1", "COpenSSL"],
        settings: inlinable),
    module("Primitives", ["Notation", "Cryptography"], settings: inlinable),
    module(
        "Genesis", path: "Genesis", ["Notation", "Cryptography", "Primitives"],
        resources: networks.map { .embedInCode("\($0).json") }),
    module("Scripting", ["Notation", "Cryptography", "Primitives"], settings: inlinable),
    module(
        "Consensus", ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting"],
        settings: inlinable),
    module(
        "Keys", ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting"]),
    module(
        "MemoryPool", ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus"]),
    module(
        "Mining",
        [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Keys",
            "MemoryPool",
        ]),
    module(
        "Conformance",
        [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Keys",
            "MemoryPool", "Mining",
        ]),
    module("Wire", ["Notation", "Cryptography", "Primitives"]),
    module(
        "Peers",
        ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Wire"]),
]

let fuzzedModules: [Target.Dependency] = [
    "Notation", "Options", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Keys",
    "MemoryPool", "Mining", "Wire", "Peers", "Conformance",
]

let pureTests: [Target] = [
    .target(
        name: "FuzzProperties", dependencies: fuzzedModules, path: "Tests/Fuzz/Properties",
        swiftSettings: settings),
    tests("FuzzTests", ["Notation", "Genesis", "FuzzProperties"]),
    .target(
        name: "TestSupport",
        dependencies: ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus"],
        path: "Tests/TestSupport", swiftSettings: settings),
    tests("NotationTests", ["Notation"]),
    // Optimised as the kernels are, whose source it takes.
    .target(
        name: "SixteenLanes", dependencies: ["CSHA256"], path: "Tests/SixteenLanes",
        cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    tests(
        "CryptographyTests", ["Notation", "CMuHash", "CSHA256", "SixteenLanes", "Cryptography"]),
    tests("OptionsTests", ["Options"]),
    tests("PrimitivesTests", ["Notation", "Cryptography", "Primitives"]),
    tests("ScriptingTests", ["Notation", "Cryptography", "Primitives", "Scripting"]),
    tests(
        "ConsensusTests",
        ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus"]),
    tests(
        "KeysTests",
        ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Keys"]),
    tests(
        "MemoryPoolTests",
        [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus",
            "MemoryPool",
        ]),
    tests(
        "MiningTests",
        [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Keys",
            "MemoryPool", "Mining",
        ]),
    tests(
        "ConformanceTests",
        ["Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Conformance"]),
    tests("WireTests", ["Notation", "Cryptography", "Primitives", "Wire"]),
    tests(
        "PeersTests",
        [
            "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus", "Wire",
            "Peers",
        ]),
    tests("HouseTests", []),
]

let core: [Target.Dependency] = [
    "Notation", "Cryptography", "Primitives", "Genesis", "Scripting", "Consensus",
]

func package(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package)
}

// Above the line: files, sockets, clocks, threads.
let disk: [Target] = [
    system("CRocksDB", pkgConfig: "rocksdb", apt: "librocksdb-dev", brew: "rocksdb"),
    .systemLibrary(name: "CPlatform"),
    .target(name: "CRocksDBLog", dependencies: ["CRocksDB"]),
    .target(
        name: "CRocksDBTables", dependencies: ["CRocksDB"],
        cxxSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    module(
        "Storage",
        ["Notation", "Cryptography", "CPlatform", "CRocksDB", "CRocksDBLog", "CRocksDBTables"],
        settings: inlinable),
    module("Chain", core + ["Keys", "MemoryPool", "Mining", "Storage"]),
    module("Indexes", core + ["Storage", "Chain"]),
]

let effects: [Target] = disk + [
    module(
        "Wallets",
        core + ["Keys", "MemoryPool", "Storage", "Chain", package("GRDB", "GRDB.swift")]),
    module(
        "Networking",
        core + [
            "Wire", "Peers", "Storage", "Chain", "Indexes", package("NIOCore", "swift-nio"),
            package("NIOPosix", "swift-nio"), package("Logging", "swift-log"),
            package("ServiceLifecycle", "swift-service-lifecycle"),
        ]),
    module(
        "MiningService",
        core + [
            "Keys", "MemoryPool", "Mining", "Storage", "Chain", package("TOMLKit", "TOMLKit"),
            package("Logging", "swift-log"),
            package("ServiceLifecycle", "swift-service-lifecycle"),
        ]),
    system("CTLS", pkgConfig: "libssl", apt: "libssl-dev", brew: "openssl@3"),
    module(
        "Stratum",
        core + [
            "CTLS", "Mining", "Storage", "Chain", "MiningService", package("NIOCore", "swift-nio"),
            package("NIOPosix", "swift-nio"),
            package("Logging", "swift-log"),
            package("ServiceLifecycle", "swift-service-lifecycle"),
        ]),
    module(
        "RPC",
        core + [
            "Keys", "MemoryPool", "Mining", "Wire", "Peers", "Storage", "Chain", "Indexes",
            "Wallets", "Networking", "MiningService", "Stratum",
            package("Hummingbird", "hummingbird"),
            package("NIOCore", "swift-nio"), package("HTTPTypes", "swift-http-types"),
            package("Logging", "swift-log"),
            package("ServiceLifecycle", "swift-service-lifecycle"),
        ]),
    module(
        "NodeService",
        core + [
            "Options", "CPlatform", "Keys", "MemoryPool", "Mining", "Wire", "Peers", "Storage", "Chain",
            "Indexes", "Wallets", "Networking", "MiningService", "Stratum", "RPC",
            package("Logging", "swift-log"),
            package("ServiceLifecycle", "swift-service-lifecycle"),
        ]),
    module("NodeClient", ["Notation"]),
    module("Benchmarks", core + ["Wire", "MemoryPool", "Mining", "Storage", "Chain"]),
    program("cellblockd", ["NodeService"]),
    program("cellblock-cli", ["Notation"]),
    // It starts itself again as the nodes it needs, so that one product is all there is to build.
    program(
        "cellblock",
        [
            "Notation", "Cryptography", "Genesis", "Conformance", "Benchmarks", "NodeClient",
            "NodeService", package("ArgumentParser", "swift-argument-parser"),
        ]),
]

let fuzzers: [Target] = [
    "Transaction", "Block", "Message", "Frame", "Transport", "Script", "Descriptor", "PSBT",
    "Address", "JSON", "Network", "Roster", "Conform", "Shares", "Proofs", "Stratum", "Peers",
    "Options",
].map { fuzzer($0) } + [
    fuzzer("Disk", ["FuzzProperties", "FuzzDiskProperties"]),
    fuzzer("Snapshot", ["FuzzProperties", "FuzzDiskProperties"]),
]

let diskProperties = Target.target(
    name: "FuzzDiskProperties",
    dependencies: [
        "Cryptography", "Primitives", "Genesis", "Consensus", "Mining", "Chain", "Indexes",
        "FuzzProperties",
    ],
    path: "Tests/Fuzz/DiskProperties", swiftSettings: settings)

let diskTests: [Target] = [
    diskProperties,
    tests(
        "FuzzDiskTests",
        core + ["Mining", "Chain", "FuzzProperties", "FuzzDiskProperties"]),
    tests("StorageTests", ["Cryptography", "Storage"]),
    tests("ChainTests", core + ["Keys", "MemoryPool", "Mining", "Storage", "Chain"]),
    tests("IndexesTests", core + ["MemoryPool", "Storage", "Chain", "Indexes"]),
]

let effectTests: [Target] = [
    tests("WalletsTests", core + ["Keys", "MemoryPool", "Mining", "Chain", "Wallets"]),
    tests(
        "MiningServiceTests",
        core + ["Keys", "MemoryPool", "Mining", "Storage", "Chain", "MiningService"]),
    tests("NodeTests", core + ["NodeClient"]),
]

let package = Package(
    name: "cellblock",
    platforms: [.macOS(.v26)],
    dependencies: isPure
        ? []
        : [
            .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
            .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
            .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
            .package(
                url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
            .package(
                url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
            .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
            .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        ],
    targets: pure + pureTests + (isPure ? [] : effects + effectTests)
        + (!isPure || hasDisk ? diskTests : []) + (isPure && (hasDisk || fuzzes) ? disk : [])
        + (fuzzes ? fuzzers + (isPure && !hasDisk ? [diskProperties] : []) : []),
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
