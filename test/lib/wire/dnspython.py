"""A second opinion: for each line of JSON on stdin, {id, name, type, rcode, answers, authorities, additionals} with
records as zone text, prints a line of JSON with dnspython's encoding of that response (names compressed), what
dnspython reads from it, and its encoding of the query. `packet` in place of the sections: that message is read."""

import json
import sys

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


def build(asked):
    query = dns.message.make_query(asked["name"], asked["type"], use_edns=0, payload=1232, id=asked["id"])
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(dns.rcode.from_text(asked["rcode"]))
    for section, lines in ((response.answer, asked["answers"]), (response.authority, asked["authorities"]),
                           (response.additional, asked["additionals"])):
        for line in lines:
            owner, ttl, rdclass, rdtype, data = line.split(" ", 4)
            section.append(dns.rrset.from_text(owner, int(ttl), rdclass, rdtype, data))
    return response.to_wire(max_size=65535), query.to_wire()


def name_text(name):
    return name.to_text(omit_final_dot=True).lower() if len(name.labels) > 1 else ""


def read(wire):
    message = dns.message.from_wire(wire, one_rr_per_rrset=True)
    answers = []
    for rrset in message.answer:
        kind = dns.rdatatype.to_text(rrset.rdtype)
        for rdata in rrset:
            record = {"type": kind, "owner": name_text(rrset.name), "ttl": rrset.ttl}
            if kind in ("A", "AAAA"):
                answers.append({**record, "address": rdata.address})
            elif kind == "CNAME":
                answers.append({**record, "target": name_text(rdata.target)})
    soas = [min(rrset.ttl, rdata.minimum) for rrset in message.authority if rrset.rdtype == dns.rdatatype.SOA
            for rdata in rrset]
    return {"rcode": dns.rcode.to_text(message.rcode()), "answers": answers, "negativeTtl": soas[0] if soas else None}


for line in sys.stdin:
    asked = json.loads(line)
    if "packet" in asked:
        wire, query = bytes.fromhex(asked["packet"]), b""
    else:
        wire, query = build(asked)
    print(json.dumps({"packet": wire.hex(), "query": query.hex(), "reads": read(wire)}))
