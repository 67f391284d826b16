extension DescriptorKeyParser {
    /// Reads `musig(key,…)/path` (BIP390).
    mutating func parseGroup(
        _ text: DescriptorText, in context: DescriptorParser.Context
    ) throws(DescriptorError) -> DescriptorKey {
        guard context == .tr else {
            throw DescriptorError("musig() is only allowed in tr() and rawtr()")
        }
        let parts = text.split(")")
        guard parts.count <= 2 else {
            throw DescriptorError("Too many ')' in musig() expression")
        }
        guard parts.count == 2, parts[0].starts(with: "musig(") else {
            throw DescriptorError("Invalid musig() expression")
        }
        var rest = parts[0]
        rest.drop("musig(".utf8.count)
        let participants = try parseParticipants(&rest)
        var group = DescriptorKey.Group(
            participants: participants, path: [], alternatives: [], isBranch: false, parent: nil)
        if parts[1].starts(with: "/") { group = try parseBranch(parts[1], of: group) }
        let counts = Set(participants.map(\.alternativeCount).filter { $0 > 1 })
        if !group.alternatives.isEmpty, !counts.isEmpty {
            throw DescriptorError(
                "musig(): Cannot have multipath participant keys if musig() is also multipath")
        }
        guard counts.count <= 1 else {
            throw DescriptorError("musig(): Multipath derivation paths have mismatched lengths")
        }
        return DescriptorKey(origin: nil, source: .group(group), usesApostrophe: false)
    }

    private mutating func parseParticipants(
        _ text: inout DescriptorText
    ) throws(DescriptorError) -> [DescriptorKey] {
        var participants: [DescriptorKey] = []
        while !text.isEmpty {
            guard participants.isEmpty || text.take(",") else {
                throw DescriptorError("musig(): expected ',', got '\(text.firstCharacter)'")
            }
            do {
                participants.append(try parse(text.takeExpression(), in: .musig))
            } catch {
                throw DescriptorError("musig(): \(error.message)")
            }
        }
        guard !participants.isEmpty else {
            throw DescriptorError("musig(): Must contain key expressions")
        }
        return participants
    }

    /// Reads the steps that lead on from the aggregate.
    private func parseBranch(
        _ text: DescriptorText, of group: DescriptorKey.Group
    ) throws(DescriptorError) -> DescriptorKey.Group {
        let areExtended = group.participants.allSatisfy { participant in
            if case .branch = participant.source { true } else { false }
        }
        guard areExtended else {
            throw DescriptorError(
                "musig(): derivation requires all participants to be xpubs or xprvs")
        }
        guard !group.hasRangedParticipants else {
            throw DescriptorError(
                "musig(): Cannot have ranged participant keys if musig() also has derivation")
        }
        var steps = text.split("/").dropFirst()
        let last = steps.last?.string
        guard last != "*h", last != "*'" else {
            throw DescriptorError("musig(): Cannot have hardened child derivation")
        }
        if last == "*" { steps.removeLast() }
        var apostrophe = false
        let paths: [DerivationPath]
        do {
            paths = try parsePath(steps, allowsAlternatives: true, &apostrophe)
        } catch {
            throw DescriptorError("musig(): \(error.message)")
        }
        guard paths.allSatisfy({ $0.steps.allSatisfy { $0 < DerivationPath.hardened } }) else {
            throw DescriptorError("musig(): cannot have hardened derivation steps")
        }
        return DescriptorKey.Group(
            participants: group.participants, path: paths[0],
            alternatives: paths.count > 1 ? paths : [], isBranch: last == "*", parent: nil)
    }
}
