import Testing

/// The audit's arithmetic beside that of the very program that is tested here.
@Suite("Splits by two programs") struct SplitTests {
    @Test(
        "On random rosters the audit's own arithmetic splits as the node does",
        .enabled(if: PythonProgram.isAvailable, "needs python3, 3.10 or newer"))
    func agreement() throws {
        let (code, output) = try PythonProgram.run("Audit/test_splits.py", "--count", "1500")
        #expect(code == 0, "\(output)")
        #expect(output.contains("1500 answers, 0 differing"), "\(output)")
    }

    @Test(
        "Of every kind of descriptor that the audit knows it derives the node's scripts",
        .enabled(if: PythonProgram.isAvailable, "needs python3, 3.10 or newer"))
    func descriptors() throws {
        let (code, output) = try PythonProgram.run("Audit/test_descriptors.py", "--count", "60")
        #expect(code == 0, "\(output)")
        #expect(output.contains("60 answers, 0 differing"), "\(output)")
    }
}
