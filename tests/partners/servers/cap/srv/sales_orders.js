// What the framework leaves to an application: the order's number, its total, and a refusal.
let next = 1000001;

const total = (order) =>
  order.to_Item.reduce(
    (sum, line) =>
      sum +
      line.to_PricingElement.reduce(
        (price, element) =>
          price + Math.round(Number(line.RequestedQuantity) * Number(element.ConditionRateValue) * 1000),
        0,
      ),
    0,
  ) / 1000;

module.exports = (service) => {
  service.before('CREATE', 'A_SalesOrder', (request) => {
    if (request.data.SoldToParty === 'BLOCKED') {
      request.reject({
        status: 400,
        code: 'V1/150',
        message: `Customer ${request.data.SoldToParty} is blocked for orders`,
      });
    }
    request.data.SalesOrder = String(next++);
    request.data.CreationDate = new Date().toISOString().slice(0, 10);
    request.data.TotalNetAmount = total(request.data).toFixed(3);
  });
};
