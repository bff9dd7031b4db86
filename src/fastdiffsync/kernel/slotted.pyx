# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""UUIDs, addresses and networks made by writing to slots: a tenth of the time that calling their classes takes.

The twin of `slotted_py.py`, which calls the classes; whoever changes one changes both. How instances look is tried, for each
class, before it is relied upon.
"""

from .capi cimport (
    PyObject, PyObject_GC_UnTrack, PyTypeObject, class_of, data_of_text, is_ascii, is_exact_str, new_instance, new_object,
    set_slot_quietly, slot, slot_offset, str_length,
)
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
cdef object LOW = (1 << 64) - 1
cdef const char *DIGITS = b"0123456789abcdef"
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
        if class_of(instance) != <PyTypeObject *><PyObject *>self.cls:
            return 0
        number = slot(instance, self.number_offset)
        if number == NULL or type(<object>number) is not int:
            return 0
        if self.family == IPV4:
            return put_ipv4(<unsigned long>(<object>number), text)
        if self.family == IPV6 and slot(instance, self.constant_offset) != <PyObject *>self.constant:
            return 0
        cdef unsigned long long high = <object>number >> 64, low = <object>number & LOW
        return put_uuid(high, low, text) if self.family == UUIDS else put_ipv6(high, low, text)


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
        cdef Py_ssize_t length, bits
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
        return length + 1 + put_decimal(<unsigned int>bits, text + length + 1)


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


# ---- texts ----


cdef Py_ssize_t put_decimal(unsigned int number, char *text) noexcept:
    """Write a number below 1000; return how many characters it has."""
    cdef Py_ssize_t length = 3 if number >= 100 else 2 if number >= 10 else 1
    cdef Py_ssize_t place
    for place in range(length - 1, -1, -1):
        text[place] = DIGITS[number % 10]
        number //= 10
    return length


cdef Py_ssize_t put_ipv4(unsigned long number, char *text) noexcept:
    cdef Py_ssize_t length = 0
    cdef int shift
    for shift in range(24, -1, -8):
        length += put_decimal(number >> shift & 0xFF, text + length)
        if shift > 0:
            text[length] = c"."
            length += 1
    return length


cdef Py_ssize_t put_ipv6(unsigned long long high, unsigned long long low, char *text) noexcept:
    """Write eight groups, with a gap for the first longest run of zeros; 0 for what some Pythons write otherwise."""
    cdef unsigned int[8] groups
    cdef int i, run = 0, gap = -1, gap_length = 1, shift
    cdef Py_ssize_t length = 0
    if high == 0 and low >> 32 == 0xFFFF:
        return 0
    for i in range(8):
        groups[i] = <unsigned int>((high if i < 4 else low) >> (48 - 16 * (i % 4)) & 0xFFFF)
        run = 0 if groups[i] else run + 1
        if run > gap_length:
            gap, gap_length = i + 1 - run, run
    i = 0
    while i < 8:
        if i == gap:
            text[length] = text[length + 1] = c":"
            length, i = length + 2, i + gap_length
            continue
        if i > 0 and (gap < 0 or i != gap + gap_length):
            text[length] = c":"
            length += 1
        shift = 12
        while shift > 0 and groups[i] >> shift == 0:
            shift -= 4
        while shift >= 0:
            text[length] = DIGITS[groups[i] >> shift & 15]
            length, shift = length + 1, shift - 4
        i += 1
    return length


cdef Py_ssize_t put_uuid(unsigned long long high, unsigned long long low, char *text) noexcept:
    cdef Py_ssize_t length = 0
    cdef int i
    for i in range(32):
        if i == 8 or i == 12 or i == 16 or i == 20:
            text[length] = c"-"
            length += 1
        text[length] = DIGITS[(high if i < 16 else low) >> (60 - 4 * (i % 16)) & 15]
        length += 1
    return length
