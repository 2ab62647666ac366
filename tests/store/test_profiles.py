"""Profiles in the database."""

import pytest

from product_importer.errors import InvalidProfile, ProfileNotFound, ProfileTaken
from product_importer.model import Profile, signature_of

SHOP = Profile(decimal="comma", delimiter=";", map={"Art.-Nr.": "sku"})


@pytest.fixture
async def profiles(shop):
    return (await shop.importer()).profiles


async def test_a_profile_is_saved_changed_and_deleted(shop, profiles):
    saved = await profiles.save("Supplier", SHOP, actor="user:3")
    changed = await profiles.save("Supplier", Profile(), actor="user:4")

    assert (saved.profile, saved.author, saved.signature) == (SHOP, "user:3", None)
    assert (changed.profile, changed.author) == (Profile(), "user:3")
    assert [each.name for each in await profiles.list()] == ["Supplier"]
    await profiles.delete("Supplier", actor="user:4")
    assert await profiles.list() == []
    actions = await (await shop.importer()).actions.recent(subject="profile:Supplier")
    assert [(each.actor, each.action) for each in actions] == [
        ("user:4", "profile.deleted"),
        ("user:4", "profile.saved"),
        ("user:3", "profile.saved"),
    ]


async def test_a_profile_is_remembered_for_columns(profiles):
    await profiles.save("First", SHOP, header=("SKU", "Name", "Price (EUR)"))
    await profiles.save("Second", SHOP, header=("name", "sku", "price (eur)"))
    await profiles.save("First", Profile())

    assert [each.name for each in await profiles.fitting(("Name", "Sku", "PRICE (EUR)"))] == [
        "First",
        "Second",
    ]
    assert await profiles.fitting(("Name", "Sku")) == []
    assert signature_of(("a", "b")) != signature_of(("ab",))


async def test_a_new_profile_replaces_none(profiles):
    await profiles.save("Supplier", SHOP, new=True)
    with pytest.raises(ProfileTaken):
        await profiles.save("Supplier", Profile(), new=True)
    with pytest.raises(ProfileTaken):
        await profiles.check_new("Supplier")
    await profiles.check_new("Another")

    assert (await profiles.get("Supplier")).profile == SHOP


async def test_what_is_not_there(profiles):
    with pytest.raises(ProfileNotFound):
        await profiles.get("Nobody")
    with pytest.raises(ProfileNotFound):
        await profiles.delete("Nobody")


@pytest.mark.parametrize("name", ["", ".", "..", " a", "a/b", "a.toml", "a\nb", "x" * 101])
async def test_names_that_cannot_be_used(profiles, name):
    with pytest.raises(InvalidProfile):
        await profiles.save(name, SHOP)
