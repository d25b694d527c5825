"""KTH, the dataset of the paper: its list of sequences, its loader, and its archives."""

from seqdl.datasets.kth.listing import ACTIONS as ACTIONS
from seqdl.datasets.kth.listing import FIXED_TEST as FIXED_TEST
from seqdl.datasets.kth.listing import LIST as LIST
from seqdl.datasets.kth.listing import MISSING as MISSING
from seqdl.datasets.kth.listing import PERSONS as PERSONS
from seqdl.datasets.kth.listing import SCENARIOS as SCENARIOS
from seqdl.datasets.kth.listing import SEQUENCES as SEQUENCES
from seqdl.datasets.kth.listing import TRUNCATED as TRUNCATED
from seqdl.datasets.kth.listing import VIDEOS as VIDEOS
from seqdl.datasets.kth.listing import Ranges as Ranges
from seqdl.datasets.kth.listing import read_list as read_list
from seqdl.datasets.kth.listing import stand_in as stand_in
from seqdl.datasets.kth.listing import write_list as write_list
from seqdl.datasets.kth.load import RECORD as RECORD
from seqdl.datasets.kth.load import load as load
