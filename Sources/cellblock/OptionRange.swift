import ArgumentParser

extension ClosedRange where Bound == Int {
    /// Refuses the value of an option that is not within.
    func check(_ value: Int, of option: String, in unit: String = "") throws {
        guard !contains(value) else { return }
        let bounds = "\(lowerBound) to \(upperBound)" + (unit.isEmpty ? "" : " \(unit)")
        throw ValidationError("--\(option) must be \(bounds), not \(value).")
    }
}
