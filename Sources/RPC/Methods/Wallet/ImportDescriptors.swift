import Chain
import Keys
import Notation
import Wallets

struct ImportDescriptors: RPCMethod {
    let name = "importdescriptors"
    let summary =
        "Import descriptors. This will trigger a rescan of the blockchain based on the earliest "
        + "timestamp of all descriptors being imported. Requires a new wallet backup.\n"
        + "When importing descriptors with multipath key expressions, if the multipath specifier "
        + "contains exactly two elements, the descriptor produced from the second element will be "
        + "imported as an internal descriptor.\n"
    let parameters: [Parameter] = [
        Parameter(
            "requests", .array, "Data to be imported",
            inner: [
                Parameter(
                    "", .object, .omitted, "",
                    inner: [
                        Parameter("desc", .string, "Descriptor to import."),
                        Parameter(
                            "active", .bool, default: false,
                            "Set this descriptor to be the active descriptor for the corresponding "
                                + "output type/externality"),
                        Parameter(
                            "range", .range, .omitted,
                            "If a ranged descriptor is used, this specifies the end or the range "
                                + "(in the form [begin,end]) to import"),
                        Parameter(
                            "next_index", .number, .omitted,
                            "If a ranged descriptor is set to active, this specifies the next "
                                + "index to generate addresses from"),
                        Parameter(
                            "timestamp", .number,
                            "Time from which to start rescanning the blockchain for this "
                                + "descriptor, in UNIX epoch time"
                        ).unchecked(),
                        Parameter(
                            "internal", .bool, default: false,
                            "Whether matching outputs should be treated as not incoming payments "
                                + "(e.g. change)"),
                        Parameter(
                            "label", .string, default: "",
                            "Label to assign to the address, only allowed with internal=false. "
                                + "Disabled for ranged descriptors"),
                    ])
            ])
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        try await wallet.catchUp()
        let now = Int64(context.validator.tip.medianTimePast)
        var answers: [JSON] = []
        var earliest: Int64?
        for item in try request.array("requests") {
            let object = try item.asObject()
            let timestamp = max(try Self.timestamp(object, now: now), 1)
            var warnings: [JSON] = []
            do {
                try await add(object, timestamp, to: wallet, context, &warnings)
                earliest = min(earliest ?? .max, timestamp)
                answers.append(Self.answer(nil, warnings))
            } catch let error as RPCError {
                answers.append(Self.answer(error, warnings))
            } catch let error as WalletError {
                answers.append(
                    Self.answer(
                        RPCError(code: RPCErrorCode(rawValue: error.code), error.message),
                        warnings))
            }
        }
        if let earliest { try await wallet.rescan(from: earliest) }
        return .array(answers)
    }

    private static func answer(_ error: RPCError?, _ warnings: [JSON]) -> JSON {
        var object: JSONObject = ["success": .bool(error == nil)]
        if let error {
            object.append(
                "error",
                ["code": .int(error.code.rawValue), "message": .string(error.message)])
        }
        if !warnings.isEmpty { object.append("warnings", .array(warnings)) }
        return .object(object)
    }

    private static func timestamp(_ object: JSONObject, now: Int64) throws -> Int64 {
        guard let value = object["timestamp"] else {
            throw RPCError.type("Missing required timestamp field for key")
        }
        if value.numberText != nil { return try value.asInt64() }
        if value.stringValue == "now" { return now }
        throw RPCError.type(
            "Expected number or \"now\" timestamp value for key. got type \(value.kindName)")
    }

    private func add(
        _ object: JSONObject, _ timestamp: Int64, to wallet: Wallet, _ context: RPCContext,
        _ warnings: inout [JSON]
    ) async throws {
        guard let text = try object["desc"]?.asString() else {
            throw RPCError.invalidParameter("Descriptor not found.")
        }
        let isActive = try object["active"]?.asBool() ?? false
        let label = try object["label"].map { try context.label($0) }
        let all = try DescriptorArguments.parse(
            text, context.definition, requireChecksum: true)
        guard all.count == 1 || object["internal"] == nil else {
            throw RPCError.invalidAddressOrKey(
                "Cannot have multipath descriptor while also specifying 'internal'")
        }
        let isInternal = try object["internal"]?.asBool() ?? false
        let (range, next) = try indexes(object, all[0], wallet, &warnings)
        try Self.check(all, object, isActive: isActive, isInternal: isInternal)
        let watchesOnly = await wallet.hasPrivateKeysDisabled
        guard !watchesOnly || !all[0].hasPrivateKeys else {
            throw RPCError.wallet(
                "Cannot import private keys to a wallet with private keys disabled")
        }
        for (number, descriptor) in all.enumerated() {
            guard descriptor.expand(at: 0) != nil else {
                throw RPCError.wallet(
                    "Cannot expand descriptor. Probably because of hardened derivations without "
                        + "private keys provided")
            }
            warnings += descriptor.warnings.map { JSON.string($0) }
            if !watchesOnly {
                guard descriptor.hasPrivateKeys else {
                    throw RPCError.wallet(
                        "Cannot import descriptor without private keys to a wallet with private "
                            + "keys enabled")
                }
                if !descriptor.isFullyPrivate {
                    warnings.append(
                        .string(
                            "Not all private keys provided. Some wallet functionality may return "
                                + "unexpected errors"))
                }
            }
            if !descriptor.hasScripts {
                try await Self.checkUnused(descriptor, wallet, watchesOnly: watchesOnly)
            }
            if isActive, descriptor.addressType == nil {
                warnings.append("Unknown output type, cannot set descriptor to active.")
            }
            var entry = DescriptorImport(descriptor, range: range, timestamp: timestamp)
            entry.isActive = isActive
            entry.isInternal = all.count == 2 ? number == 1 : isInternal
            entry.label = label
            entry.nextIndex = next
            try await wallet.add(entry)
        }
    }

    /// Throws unless the key of an `unused()` is new to the wallet, which must be able to keep it.
    private static func checkUnused(
        _ descriptor: Descriptor, _ wallet: Wallet, watchesOnly: Bool
    ) async throws {
        guard !watchesOnly else {
            throw RPCError.wallet(
                "Cannot import unused() to wallet without private keys enabled")
        }
        guard await !wallet.holdsPrivateKey(of: descriptor) else {
            throw RPCError.wallet(
                "Cannot import an unused() descriptor when its private key is already in the "
                    + "wallet")
        }
    }

    private func indexes(
        _ object: JSONObject, _ descriptor: Descriptor, _ wallet: Wallet,
        _ warnings: inout [JSON]
    ) throws -> (range: Range<UInt32>, next: UInt32) {
        guard descriptor.isRange else {
            guard object["range"] == nil else {
                throw RPCError.invalidParameter(
                    "Range should not be specified for an un-ranged descriptor")
            }
            return (0..<1, 0)
        }
        var range = wallet.defaultRange
        if let value = object["range"] {
            range = Range(try DescriptorArguments.range(value))
        } else {
            warnings.append("Range not given, using default keypool range")
        }
        guard let value = object["next_index"] else { return (range, range.lowerBound) }
        guard let next = UInt32(exactly: try value.asInt64()), range.contains(next) else {
            throw RPCError.invalidParameter("next_index is out of range")
        }
        return (range, next)
    }

    private static func check(
        _ all: [Descriptor], _ object: JSONObject, isActive: Bool, isInternal: Bool
    ) throws {
        let hasLabel = object["label"] != nil
        guard !isActive || all[0].isRange else {
            throw RPCError.invalidParameter("Active descriptors must be ranged")
        }
        guard all.count == 1 || !hasLabel else {
            throw RPCError.invalidParameter("Multipath descriptors should not have a label")
        }
        guard !all[0].isRange || !hasLabel else {
            throw RPCError.invalidParameter("Ranged descriptors should not have a label")
        }
        guard !isInternal || !hasLabel else {
            throw RPCError.invalidParameter("Internal addresses should not have a label")
        }
        guard !isActive || all[0].isSingleType else {
            throw RPCError.wallet("Combo descriptors cannot be set to active")
        }
    }
}
