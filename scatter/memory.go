package scatter

import "runtime/metrics"

// pressed says whether the process holds more memory than the worker may.
func (w *Worker) pressed() bool {
	if w.memory == 0 {
		return false
	}
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() > w.memory
}
