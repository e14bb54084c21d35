"""The master with a recorder on its update methods, there before the first of them is called."""

import os

from buildbot.master import BuildMaster
from recorder import Recorder
from twisted.application import service

root = os.environ["BELFRY_ROOT"]
here = os.environ["PYTHONPATH"]

application = service.Application("buildmaster")
master = BuildMaster(os.path.join(root, "master"), os.path.join(here, "master.cfg"))
master.setServiceParent(application)
master.recorder = Recorder(master)
