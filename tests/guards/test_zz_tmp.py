import time
def test_a(session): time.sleep(float(__import__("os").environ.get("NAP","0")))
def test_b(store, client):
    assert client.get("/healthz").status_code == 200
def test_c(clone): pass
def test_d(databases):
    t=time.monotonic()
    for i in range(5): databases.make()
    print("clone", (time.monotonic()-t)/5)
def test_e(store):
    from tests.conftest import empty
    t=time.monotonic()
    for i in range(20): empty(store.database)
    print("empty", (time.monotonic()-t)/20)
