"""Creates the tables of one service.

    python3 -m nephos_openstack.schema SERVICE CONFIGURATION

It does what the commands of the service do, such as `nova-manage`, in one
process: to load the code takes longer than to create the tables.
"""

import os
import sys


def keystone(configuration):
    from keystone.cmd import bootstrap
    from keystone.common.sql import core, upgrades
    import keystone.conf

    keystone.conf.configure()
    core.initialize()
    keystone.conf.CONF(["--config-file", configuration], project="keystone")
    upgrades.offline_sync_database_to_version()
    keystone_ = bootstrap.Bootstrapper()
    keystone_.admin_username = "admin"
    keystone_.admin_password = os.environ["ADMIN_PASSWORD"]
    keystone_.admin_role_name = "admin"
    keystone_.project_name = "admin"
    keystone_.region_id = os.environ["REGION"]
    keystone_.service_name = "keystone"
    url = os.environ["AUTH_URL"]
    keystone_.public_url = keystone_.internal_url = keystone_.admin_url = url
    keystone_.bootstrap()


def placement(configuration):
    from oslo_config import cfg
    from placement import conf, db_api
    from placement.db.sqlalchemy import migration

    config = cfg.ConfigOpts()
    conf.register_opts(config)
    config(["--config-file", configuration], project="placement")
    db_api.configure(config)
    migration.upgrade("head")


def glance(configuration):
    from glance.cmd import manage

    sys.argv = ["glance-manage", "--config-file", configuration, "db_sync"]
    return manage.main()


def neutron(configuration):
    from neutron.db.migration import cli

    arguments = ["--config-file", configuration, "upgrade", "heads"]
    sys.argv = ["neutron-db-manage", *arguments]
    return cli.main()


def cinder(configuration):
    from cinder.cmd import manage

    sys.argv = ["cinder-manage", "--config-file", configuration, "db", "sync"]
    return manage.main()


def designate(configuration):
    from designate.cmd import manage

    arguments = ["--config-file", configuration, "database", "sync"]
    sys.argv = ["designate-manage", *arguments]
    return manage.main()


def nova(configuration):
    import nova.monkey_patch  # noqa: F401
    from nova import config, objects
    from nova.cmd import manage

    config.parse_args(["nova-manage", "--config-file", configuration])
    objects.register_all()
    cells = manage.CellV2Commands()
    return (
        manage.ApiDbCommands().sync()
        or cells.map_cell0(database_connection=os.environ["CELL0"])
        or manage.DbCommands().sync()
        or cells.create_cell("cell1")
    )


SERVICES = {
    "cinder": cinder,
    "designate": designate,
    "glance": glance,
    "keystone": keystone,
    "neutron": neutron,
    "nova": nova,
    "placement": placement,
}

sys.exit(SERVICES[sys.argv[1]](sys.argv[2]))
