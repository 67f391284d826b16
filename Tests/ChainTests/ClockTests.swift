import Chain
import Testing

@Suite("The node's clock") struct ClockTests {
    @Test("A clock set by hand stands still, though it be near the machine's")
    func standsStill() {
        let clock = SystemClock()
        let seconds = clock.now()
        clock.setMockTime(seconds)
        for _ in 0..<100 { #expect(clock.precise() == .seconds(seconds)) }
        clock.setMockTime(nil)
        #expect(abs(clock.precise().components.seconds - clock.now()) <= 1)
        // It would have to be a whole second each time.
        #expect((0..<100).contains { _ in clock.precise().components.attoseconds != 0 })
    }
}
