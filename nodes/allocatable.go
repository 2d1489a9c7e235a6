package nodes

import "math"

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
)

// size is what a formula gives for a machine: millicores and bytes.
type size struct{ cpu, memory int64 }

// reservedCPU is the CPU that EKS and GKE keep for the system, in millicores:
// 6 % of the first core, 1 % of the second, 0.5 % of the next two and 0.25 %
// of the rest. Sources: awslabs/amazon-eks-ami, bootstrap.sh; GKE, "Plan node
// sizes".
func reservedCPU(cores int64) int64 {
	const perMille = 10 // tenths of a millicore
	reserved := int64(0)
	for _, step := range [...]struct{ cores, tenths int64 }{{1, 60 * perMille}, {1, 10 * perMille}, {2, 5 * perMille},
		{math.MaxInt64, 25}} {
		n := min(cores, step.cores)
		reserved += n * step.tenths
		cores -= n
	}
	return reserved / 10
}

// eksCapacity is the memory that the operating system of an EC2 machine sees,
// as Karpenter estimates it: 7.5 % less than advertised, and 64 MiB less than
// that on arm64.
func eksCapacity(memory int64, arm bool) int64 {
	if arm {
		memory -= 64 * mib
	}
	overhead := int64(math.Ceil(float64(memory) * 0.075 / float64(mib)))
	return memory - overhead*mib
}

// eks is the allocatable of an EKS node: without the CPU of reservedCPU,
// 11 MiB a pod and 255 MiB, and the hard eviction threshold of 100 MiB.
// It gives what Karpenter publishes for every EC2 type.
func eks(cores, memory, maxPods int64, arm bool) size {
	return size{
		cpu:    1000*cores - reservedCPU(cores),
		memory: eksCapacity(memory, arm) - (11*maxPods+255+100)*mib,
	}
}

// gkeKernel is what the kernel of a Container-Optimized OS machine keeps of its
// memory: 1/64, 16 MiB, 64 MiB for the software IO TLB above 3 GiB, 8 MiB up to
// 8 GiB, and 0.175 % but at most 248 MiB. Source: cluster-autoscaler,
// cloudprovider/gce/gce_reserved.go.
func gkeKernel(memory int64) int64 {
	reserved := memory/64 + 16*mib
	if memory > 3*gib {
		reserved += 64 * mib
	}
	if memory <= 8*gib {
		reserved += 8 * mib
	}
	return reserved + int64(math.Min(0.00175*float64(memory), float64(248*mib)))
}

// gke is the allocatable of a GKE node: what the kernel leaves, without 25 %
// of the first 4 GiB, 20 % of the next 4, 10 % of the next 8, 6 % of the next
// 112 and 2 % of the rest, and 100 MiB for eviction. Source: GKE, "Plan node
// sizes".
func gke(cores, memory int64) size {
	reserved, left := 0.0, float64(memory)
	for _, step := range [...]struct{ size, share float64 }{{4, .25}, {4, .20}, {8, .10}, {112, .06}, {math.Inf(1), .02}} {
		part := math.Min(left, step.size*float64(gib))
		reserved += part * step.share
		left -= part
	}
	return size{cpu: 1000*cores - reservedCPU(cores), memory: memory - gkeKernel(memory) - int64(reserved) - 100*mib}
}

// aksCapacity is the memory that the operating system of an Azure machine sees,
// taken to be 7.5 % less than advertised.
func aksCapacity(memory int64) int64 { return memory - memory*75/1000 }

// aks is the allocatable of an AKS node from 1.29 on: memory without the less
// of 20 MB a pod and 50 MB, and a quarter, and 100 MiB for eviction; CPU by a
// table. Source: AKS, "Resource reservations".
func aks(cores, memory, maxPods int64) size {
	const megabyte = 1_000_000
	capacity := aksCapacity(memory)
	reserved := min((20*maxPods+50)*megabyte, capacity/4)
	return size{cpu: 1000*cores - aksReservedCPU(cores), memory: capacity - reserved - 100*mib}
}

// aksReservedCPU is the table between whose rows AKS interpolates.
func aksReservedCPU(cores int64) int64 {
	table := [...]struct{ cores, milli int64 }{{1, 60}, {2, 100}, {4, 140}, {8, 180}, {16, 260}, {32, 420}, {64, 740}}
	for i, row := range table {
		if cores <= row.cores {
			if i == 0 {
				return row.milli
			}
			below := table[i-1]
			return below.milli + (row.milli-below.milli)*(cores-below.cores)/(row.cores-below.cores)
		}
	}
	last := table[len(table)-1]
	return last.milli + (cores-last.cores)*10
}
