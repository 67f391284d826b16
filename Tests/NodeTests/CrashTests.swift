import Testing

/// The programs in `Tests/Crash`, in short, run against the very program that is tested here.
@Suite("What no crash can hurt", .serialized) struct CrashTests {
    @Test(
        "A node killed at random instants comes back with the coins and the ledger it should have",
        .enabled(if: PythonProgram.isAvailable, "needs python3, 3.10 or newer"))
    func kills() throws {
        // The seed is drawn anew each time, and printed with a failure.
        let (code, output) = try PythonProgram.run(
            "Crash/crash.py", "--kills", "10", "--length", "130", "--spends", "20")
        #expect(code == 0, "\(output)")
        #expect(output.hasSuffix("10 kills, 0 failures\n"), "\(output)")
    }
}
