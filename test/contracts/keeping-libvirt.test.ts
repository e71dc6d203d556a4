/** What is kept of a domain, on a private libvirtd. */
import { keepingContract } from './keeping.ts';
import { libvirtSubject } from './subject-libvirt.ts';

keepingContract('on a real libvirtd', libvirtSubject);
