{
  "variables": {
    # 1: with AddressSanitizer and UndefinedBehaviorSanitizer (npm run build:native:asan)
    "sanitize%": 0
  },
  "targets": [
    {
      "target_name": "lunetta_dpdk",
      "sources": [
        "native/addon.cc",
        "native/bench/bench-calls.cc",
        "native/bench/bench-queue.cc",
        "native/bench/echo-baseline.cc",
        "native/dpdk-port.cc",
        "native/dpdk-port-asking.cc",
        "native/dpdk-queue.cc",
        "native/dpdk-queue-rx.cc",
        "native/dpdk-queue-tx.cc",
        "native/eal.cc",
        "native/environment.cc",
        "native/eth-device.cc",
        "native/frame-store.cc",
        "native/interrupt-thread.cc",
        "native/port-config.cc",
        "native/private-descriptors.cc",
        "native/ring-pair.cc"
      ],
      "include_dirs": [
        "<!(node -p \"require('node-addon-api').include_dir\")",
        "<!(node -p \"require('@lunetta/driver-native').includeDir\")"
      ],
      "defines": ["NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS", "ALLOW_EXPERIMENTAL_API"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      # DPDK's inline functions are compiled into the add-on: with the instructions that DPDK itself was built for.
      "cflags_cc": ["-std=c++17", "-fexceptions", "-Wall", "-Wextra", "-Werror", "<!@(pkg-config --cflags libdpdk)"],
      # DPDK runs until the process ends: what knows of it stays, too, when the last thread that has loaded it is over.
      "ldflags": ["-Wl,--as-needed", "-Wl,-z,nodelete"],
      "libraries": ["-lrte_net_ring", "-lrte_bus_vdev", "<!@(pkg-config --libs libdpdk)"],
      "conditions": [
        ["sanitize==1", {
          "cflags_cc": ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"],
          "ldflags": ["-fsanitize=address,undefined"]
        }, {
          "cflags_cc": ["-O3"]
        }]
      ]
    }
  ]
}
