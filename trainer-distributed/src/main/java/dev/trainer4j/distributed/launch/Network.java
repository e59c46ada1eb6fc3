// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;

/**
 * The network that machines share. Open MPI tries all networks of a machine by itself, also those of containers on it, which the
 * others cannot reach, and then it hangs.
 */
final class Network {

  private Network() {}

  /** Returns the network of an address of this machine, such as {@code 10.0.0.0/24}; empty if it does not hold all others. */
  static Optional<String> around(String own, List<String> others) {
    try {
      InetAddress address = InetAddress.getByName(own);
      NetworkInterface card = NetworkInterface.getByInetAddress(address);
      if (card == null) {
        return Optional.empty();
      }
      for (InterfaceAddress each : card.getInterfaceAddresses()) {
        if (each.getAddress().equals(address)) {
          return around(address, each.getNetworkPrefixLength(), others);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> around(InetAddress own, int bits, List<String> others)
      throws IOException {
    BigInteger network = network(own, bits);
    for (String other : others) {
      InetAddress address = InetAddress.getByName(other);
      if (address.getAddress().length != own.getAddress().length
          || !network(address, bits).equals(network)) {
        return Optional.empty();
      }
    }
    byte[] bytes = own.getAddress();
    byte[] start = new byte[bytes.length];
    byte[] shifted = network.shiftLeft(bytes.length * 8 - bits).toByteArray();
    int length = Math.min(shifted.length, start.length);
    System.arraycopy(shifted, shifted.length - length, start, start.length - length, length);
    return Optional.of(InetAddress.getByAddress(start).getHostAddress() + "/" + bits);
  }

  private static BigInteger network(InetAddress address, int bits) {
    byte[] bytes = address.getAddress();
    return new BigInteger(1, bytes).shiftRight(bytes.length * 8 - bits);
  }
}
