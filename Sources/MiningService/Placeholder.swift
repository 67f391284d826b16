// MiningService
