# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""UUIDs, addresses and networks made by writing to slots: a tenth of the time that calling their classes takes.

The twin of `slotted_py.py`, which calls the classes; whoever changes one changes both. How instances look is tried, for each
class, before it is relied upon.
"""

from libc.stdint cimport uint64_t

from .capi cimport (
    PyObject, PyObject_GC_UnTrack, PyTypeObject, class_of, data_of_text, int_words, is_ascii, is_exact_str, new_instance, new_object,
    set_slot_quietly, slot, slot_offset, str_length,
)
from .key_texts cimport put_digits, put_ipv4, put_ipv6, put_uuid
from .texts cimport PENDING, ipv4_number_of, ipv6_number_of, uuid_number_of

from ..schema import find_in_mro

__all__ = ["address_of"]

cdef enum:
    UUIDS, IPV4, IPV6

# Classes whose instances are a number in a slot: the slot, another one that always holds the same, and the text of one.
cdef dict SLOTTED = {
    ("uuid", "UUID"): (UUIDS, "int", "is_safe", "00000000-0000-0000-0000-00000000000a"),
    ("ipaddress", "IPv4Address"): (IPV4, "_ip", None, "0.0.0.10"),
    ("ipaddress", "IPv6Address"): (IPV6, "_ip", "_scope_id", "::a"),
    ("ipaddress", "IPv4Interface"): (IPV4, "_ip", None, "0.0.0.10"),
    ("ipaddress", "IPv6Interface"): (IPV6, "_ip", "_scope_id", "::a"),
}
cdef dict NETWORKS = {
    ("ipaddress", "IPv4Network"): ("IPv4Address", None, ("10.1.0.0/16", "0.0.0.0/0", "192.168.4.0/30")),
    ("ipaddress", "IPv6Network"): ("IPv6Address", None, ("fe80::/64", "::/0", "2001:db8::/126")),
    ("ipaddress", "IPv4Interface"): ("IPv4Address", "IPv4Network", ("10.1.2.3/16", "10.1.2.3/0", "192.168.4.1/30")),
    ("ipaddress", "IPv6Interface"): ("IPv6Address", "IPv6Network", ("fe80::1/64", "fe80::1/0", "2001:db8::1/126")),
}

cdef object pending = <object>PENDING
cdef dict makers = {}  # of the classes that `address_of` has met


def address_of(cls, content):
    """Return the address or network of a class that a number or a text stands for.

    Raises:
        ValueError: If it stands for none.
    """
    cdef PyObject *text = <PyObject *>content
    if cls not in makers:
        makers[cls] = networks_of(cls) or slotted_of(cls)
    maker = makers[cls]
    made = pending
    if type(maker) is Slotted and type(content) is int and (<Slotted>maker).family == IPV4 and 0 <= content < 1 << 32:
        made = (<Slotted>maker).make(content)
    elif is_exact_str(text) and is_ascii(text):
        if type(maker) is Slotted:
            made = (<Slotted>maker).of_text(<const char *>data_of_text(text), str_length(text))
        elif type(maker) is Networks:
            made = (<Networks>maker).of_text(<const char *>data_of_text(text), str_length(text))
    return cls(content) if made is pending else made


cdef tuple name_of(object cls):
    return (cls.__module__, cls.__qualname__)


cdef class Slotted:
    """Makes instances of a class that are a number in a slot."""

    cdef object of_text(self, const char *text, Py_ssize_t length):
        """Return the instance with an ASCII text, owned, or PENDING; needs the lock."""
        number = pending
        if self.family == UUIDS:
            number = uuid_number_of(text, length)
        elif self.family == IPV4:
            number = ipv4_number_of(text, length)
        else:
            number = ipv6_number_of(text, length)
        return pending if number is pending else self.make(number)

    cdef object make(self, object number):
        instance = new_object(self.cls, ()) if self.has_dict else new_instance(self.cls)
        set_slot_quietly(<PyObject *>instance, self.number_offset, number)
        if self.constant_offset >= 0:
            set_slot_quietly(<PyObject *>instance, self.constant_offset, self.constant)
        PyObject_GC_UnTrack(<PyObject *>instance)  # it refers to a number
        return instance

    cdef Py_ssize_t put_text(self, PyObject *instance, char *text) except -1:
        """Write what `str` returns for an instance of the class; return its length, 0 if `str` is to be asked."""
        cdef PyObject *number
        cdef uint64_t high, low
        if class_of(instance) != <PyTypeObject *><PyObject *>self.cls:
            return 0
        number = slot(instance, self.number_offset)
        if number == NULL or type(<object>number) is not int or not int_words(number, &high, &low):
            return 0
        if self.family == UUIDS:
            return put_uuid(text, high, low) - text
        if self.family == IPV4:
            return 0 if high != 0 or low >> 32 != 0 else put_ipv4(text, low) - text
        if slot(instance, self.constant_offset) != <PyObject *>self.constant or (high == 0 and low >> 32 == 0xFFFF):
            return 0  # some versions write an IPv4 address as such
        return put_ipv6(text, high, low) - text


cdef Slotted slotted_of(object cls):
    """Return what makes instances of a class, None if they look otherwise than is known here."""
    if name_of(cls) not in SLOTTED:
        return None
    cdef Slotted slotted = Slotted()
    family, number_slot, constant_slot, text = SLOTTED[name_of(cls)]
    sample = cls(text)
    slots = set()
    for base in cls.__mro__:
        for attribute, descriptor in vars(base).items():
            if slot_offset(descriptor) >= 0:
                slots.add(attribute)
    if slots != ({number_slot} if constant_slot is None else {number_slot, constant_slot}):
        return None
    slotted.cls, slotted.family, slotted.has_dict = cls, family, hasattr(sample, "__dict__")
    slotted.number_offset = slot_offset(find_in_mro(cls, number_slot))
    slotted.constant_offset = -1 if constant_slot is None else slot_offset(find_in_mro(cls, constant_slot))
    slotted.constant = None if constant_slot is None else getattr(sample, constant_slot)
    if getattr(sample, number_slot) != 10 or slotted.number_offset < 0:
        return None
    if slotted.has_dict:
        return slotted  # an interface, of which the rest is tried elsewhere
    made = slotted.make(10)
    return slotted if made == sample and str(made) == text and hash(made) == hash(sample) else None


cdef class Networks:
    """Makes networks, or interfaces in networks, of more than two addresses; smaller ones look otherwise."""

    cdef object of_text(self, const char *text, Py_ssize_t length):
        """Return the instance with an ASCII text, owned, or PENDING; needs the lock."""
        cdef Py_ssize_t slash = length - 1, place
        cdef Py_ssize_t bits = 0
        while slash > 0 and text[slash] != c"/":
            slash -= 1
        if slash == 0 or slash + 1 == length or length - slash > 4 or (text[slash + 1] == c"0" and length - slash > 2):
            return pending
        for place in range(slash + 1, length):
            if text[place] < c"0" or text[place] > c"9":
                return pending
            bits = 10 * bits + (text[place] - c"0")
        if bits >= len(self.masks):
            return pending
        if self.addresses.family == IPV4:
            number = ipv4_number_of(text, slash)
        else:
            number = ipv6_number_of(text, slash)
        if number is pending:
            return pending
        network_number = number & self.mask_numbers[bits]
        if self.interfaces is None:
            return self.network(number, bits) if network_number == number else pending
        interface = self.interfaces.make(number)
        interface.network = self.network(network_number, bits)
        interface.netmask = self.masks[bits]
        interface._prefixlen = bits
        return interface

    cdef object network(self, object number, Py_ssize_t bits):
        network = new_object(self.cls, ())
        network.network_address = self.addresses.make(number)
        network.netmask = self.masks[bits]
        network._prefixlen = bits
        PyObject_GC_UnTrack(<PyObject *>network)  # it refers to addresses and numbers
        return network

    cdef Py_ssize_t put_text(self, PyObject *instance, char *text) except -1:
        """Write what `str` returns for an instance of the class; return its length, 0 if `str` is to be asked."""
        cdef Py_ssize_t length
        cdef int bits
        cdef object network = <object>instance
        if self.interfaces is None:
            if type(network) is not self.cls:
                return 0
            address = network.network_address
            if type(address) is not self.addresses.cls:
                return 0
            length = self.addresses.put_text(<PyObject *>address, text)
        else:
            length = self.interfaces.put_text(instance, text)
        bits = network._prefixlen
        if length == 0 or not 0 <= bits <= 128:
            return 0
        text[length] = c"/"
        return put_digits(text + length + 1, bits, 3 if bits > 99 else 2 if bits > 9 else 1) - text


cdef Networks networks_of(object cls):
    """Return what makes networks or interfaces of a class, None if they look otherwise than is known here."""
    import ipaddress

    cdef Networks networks = Networks()
    if name_of(cls) not in NETWORKS or cls is not getattr(ipaddress, cls.__name__):
        return None
    address_name, network_name, texts = NETWORKS[name_of(cls)]
    networks.cls = cls if network_name is None else getattr(ipaddress, network_name)
    networks.addresses = slotted_of(getattr(ipaddress, address_name))
    networks.interfaces = None if network_name is None else slotted_of(cls)
    if networks.addresses is None or (network_name is not None and networks.interfaces is None):
        return None
    width = networks.addresses.make(0).max_prefixlen
    networks.masks, networks.mask_numbers = [], []
    for bits in range(width - 1):
        mask = networks.cls((0, bits)).netmask
        networks.masks.append(mask)
        networks.mask_numbers.append(int(mask))
    for text in texts:
        sample, encoded = cls(text), text.encode()
        made = networks.of_text(encoded, len(encoded))
        if made is pending or made != sample or str(made) != text or list(vars(made).items()) != list(vars(sample).items()):
            return None
    return networks
