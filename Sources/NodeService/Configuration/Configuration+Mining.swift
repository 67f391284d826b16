import Mining
import Primitives

extension Configuration {
    /// How blocks are put together.
    func assemblyOptions() throws -> AssemblyOptions {
        var options = AssemblyOptions()
        let most = Weight.maximumBlock.units
        options.reservedWeight = Int(settings.int("blockreservedweight", default: 8000))
        guard options.reservedWeight <= most else {
            throw ConfigurationError(
                "Specified -blockreservedweight (\(options.reservedWeight)) exceeds consensus "
                    + "maximum block weight (\(most))")
        }
        guard options.reservedWeight >= 2000 else {
            throw ConfigurationError(
                "Specified -blockreservedweight (\(options.reservedWeight)) is lower than "
                    + "minimum safety value of (2000)")
        }
        options.maxWeight = Int(settings.int("blockmaxweight", default: Int64(most)))
        guard options.maxWeight <= most else {
            throw ConfigurationError(
                "Specified -blockmaxweight (\(options.maxWeight)) exceeds consensus maximum "
                    + "block weight (\(most))")
        }
        options.maxWeight = max(options.maxWeight, options.reservedWeight)
        if let fee = try amount("blockmintxfee") {
            options.minFeeRate = FeeRate(satoshisPerKvB: fee)
        }
        return options
    }

    /// How many threads mine from the start: nil for none, 0 for all cores.
    func miningThreads() throws -> Int? {
        guard settings.isSet("mine"), !settings.isNegated("mine") else { return nil }
        return int("mine", default: 0, in: 0...1024)
    }

    /// The share of the time in which those threads work, in hundredths.
    var miningDuty: Int { int("mineduty", default: 100, in: 1...100) }
}
